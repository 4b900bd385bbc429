// Exp: e to the power of each element.
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [](auto x) { return std::exp(x); });
}

}  // namespace

extern const OpDef kExp = {
    .name = "Exp",
    .summary = "Computes e to the power of each element.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kExp, .elementwise = true},
};

}  // namespace ingot
