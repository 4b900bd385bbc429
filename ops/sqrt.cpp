// Sqrt: the square root of each element.
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [](auto x) { return std::sqrt(x); });
}

}  // namespace

extern const OpDef kSqrt = {
    .name = "Sqrt",
    .summary = "Computes the square root of each element.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kSqrt, .elementwise = true},
};

}  // namespace ingot
