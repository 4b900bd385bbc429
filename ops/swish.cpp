// Swish: x * sigmoid(alpha * x); SiLU with alpha = 1.
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [alpha = node.number("alpha")]<typename T>(T x) {
    return x / (T{1} + std::exp(-static_cast<T>(alpha) * x));
  });
}

}  // namespace

extern const OpDef kSwish = {
    .name = "Swish",
    .summary = "Multiplies each element by its sigmoid.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .attributes = {{"alpha", 1.0f, "factor of the sigmoid's argument"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kSilu, .elementwise = true},
};

}  // namespace ingot
