// Erf: the error function of each element.
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [](auto x) { return std::erf(x); });
}

}  // namespace

extern const OpDef kErf = {
    .name = "Erf",
    .summary = "Computes the error function of each element.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kErf, .elementwise = true},
};

}  // namespace ingot
