// Sigmoid: 1 / (1 + exp(-x)) of each element.
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [](auto x) { return decltype(x){1} / (decltype(x){1} + std::exp(-x)); });
}

}  // namespace

extern const OpDef kSigmoid = {
    .name = "Sigmoid",
    .summary = "Computes 1 / (1 + exp(-x)) of each element.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kSigmoid, .elementwise = true},
};

}  // namespace ingot
