// Mish: x * tanh(softplus(x)).
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, []<typename T>(T x) {
    return x * std::tanh(std::max(x, T{0}) + std::log1p(std::exp(-std::abs(x))));
  });
}

}  // namespace

extern const OpDef kMish = {
    .name = "Mish",
    .summary = "Computes x * tanh(log(1 + exp(x))) of each element.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kMish, .elementwise = true},
};

}  // namespace ingot
