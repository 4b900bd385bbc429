// HannWindow: the window 0.5 - 0.5 cos(x).
#include "ops/signal_window.h"

namespace ingot {
namespace {

void evaluate(Reference& node) { evaluate_signal_window(node, 0.5, 0.5, 0); }

}  // namespace

extern const OpDef kHannWindow = {
    .name = "HannWindow",
    .summary = "A raised cosine that falls to zero at both ends.",
    .inputs = {{"size", "i32 or i64, a scalar"}},
    .outputs = {{"output", "type output_datatype, [size]"}},
    .attributes = signal_window_attributes(),
    .infer = infer_signal_window,
    .evaluate = evaluate,
};

}  // namespace ingot
