// HammingWindow: the window 25/46 - 21/46 cos(x).
#include "ops/signal_window.h"

namespace ingot {
namespace {

void evaluate(Reference& node) { evaluate_signal_window(node, 25.0 / 46, 21.0 / 46, 0); }

}  // namespace

extern const OpDef kHammingWindow = {
    .name = "HammingWindow",
    .summary = "A raised cosine that does not quite fall to zero.",
    .inputs = {{"size", "i32 or i64, a scalar"}},
    .outputs = {{"output", "type output_datatype, [size]"}},
    .attributes = signal_window_attributes(),
    .infer = infer_signal_window,
    .evaluate = evaluate,
};

}  // namespace ingot
