// BlackmanWindow: the window 0.42 - 0.5 cos(x) + 0.08 cos(2x).
#include "ops/signal_window.h"

namespace ingot {
namespace {

void evaluate(Reference& node) { evaluate_signal_window(node, 0.42, 0.5, 0.08); }

}  // namespace

extern const OpDef kBlackmanWindow = {
    .name = "BlackmanWindow",
    .summary = "A sum of two cosines that falls to zero at both ends.",
    .inputs = {{"size", "i32 or i64, a scalar"}},
    .outputs = {{"output", "type output_datatype, [size]"}},
    .attributes = signal_window_attributes(),
    .infer = infer_signal_window,
    .evaluate = evaluate,
};

}  // namespace ingot
