// Softsign: x / (1 + |x|) of each element.
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [](auto x) { return x / (decltype(x){1} + std::abs(x)); });
}

}  // namespace

extern const OpDef kSoftsign = {
    .name = "Softsign",
    .summary = "Computes x / (1 + |x|) of each element.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kSoftsign, .elementwise = true},
};

}  // namespace ingot
