// LeakyRelu: x where it is not negative, alpha * x elsewhere.
#include "ops/unary.h"

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [alpha = node.number("alpha")](auto x) {
    return x < 0 ? static_cast<decltype(x)>(alpha) * x : x;
  });
}

}  // namespace

extern const OpDef kLeakyRelu = {
    .name = "LeakyRelu",
    .summary = "Scales negative elements by alpha.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .attributes = {{"alpha", 0.01f, "factor of negative elements"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kPrelu, .elementwise = true},
};

}  // namespace ingot
