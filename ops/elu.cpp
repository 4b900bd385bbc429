// Elu: x where it is not negative, alpha * (exp(x) - 1) elsewhere.
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [alpha = node.number("alpha")](auto x) {
    return x < 0 ? static_cast<decltype(x)>(alpha) * std::expm1(x) : x;
  });
}

}  // namespace

extern const OpDef kElu = {
    .name = "Elu",
    .summary = "Bends negative elements to alpha * (exp(x) - 1).",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .attributes = {{"alpha", 1.0f, "minus the limit for very negative elements"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kElu, .elementwise = true},
};

}  // namespace ingot
