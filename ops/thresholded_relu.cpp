// ThresholdedRelu: x where it is above alpha, 0 elsewhere.
#include "ops/unary.h"

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [alpha = node.number("alpha")](auto x) {
    return x > static_cast<decltype(x)>(alpha) ? x : decltype(x){0};
  });
}

}  // namespace

extern const OpDef kThresholdedRelu = {
    .name = "ThresholdedRelu",
    .summary = "Keeps elements above alpha, replaces the others by zero.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .attributes = {{"alpha", 1.0f, "threshold"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.elementwise = true},
};

}  // namespace ingot
