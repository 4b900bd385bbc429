// Sin: the sine of each element.
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [](auto x) { return std::sin(x); });
}

}  // namespace

extern const OpDef kSin = {
    .name = "Sin",
    .summary = "Computes the sine of each element.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kSin, .elementwise = true},
};

}  // namespace ingot
