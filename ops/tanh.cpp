// Tanh: the hyperbolic tangent of each element.
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [](auto x) { return std::tanh(x); });
}

}  // namespace

extern const OpDef kTanh = {
    .name = "Tanh",
    .summary = "Computes the hyperbolic tangent of each element.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kTanh, .elementwise = true},
};

}  // namespace ingot
