// Cos: the cosine of each element.
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [](auto x) { return std::cos(x); });
}

}  // namespace

extern const OpDef kCos = {
    .name = "Cos",
    .summary = "Computes the cosine of each element.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kCos, .elementwise = true},
};

}  // namespace ingot
