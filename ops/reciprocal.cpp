// Reciprocal: one divided by each element.
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [](auto x) { return decltype(x){1} / x; });
}

}  // namespace

extern const OpDef kReciprocal = {
    .name = "Reciprocal",
    .summary = "Computes one divided by each element.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kReciprocal, .elementwise = true},
};

}  // namespace ingot
