// Softplus: log(1 + exp(x)), written so that large x do not overflow.
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(
      node, []<typename T>(T x) { return std::max(x, T{0}) + std::log1p(std::exp(-std::abs(x))); });
}

}  // namespace

extern const OpDef kSoftplus = {
    .name = "Softplus",
    .summary = "Computes log(1 + exp(x)) of each element.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kSoftplus, .elementwise = true},
};

}  // namespace ingot
