// HardSigmoid: max(0, min(1, alpha * x + beta)).
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [alpha = node.number("alpha"), beta = node.number("beta")]<typename T>(T x) {
    const T line = static_cast<T>(alpha) * x + static_cast<T>(beta);
    return std::max(T{0}, std::min(T{1}, line));
  });
}

}  // namespace

extern const OpDef kHardSigmoid = {
    .name = "HardSigmoid",
    .summary = "Approximates the sigmoid by a straight line between 0 and 1.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .attributes = {{"alpha", 0.2f, "slope of the line"}, {"beta", 0.5f, "value of the line at 0"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kHardSigmoid, .elementwise = true},
};

}  // namespace ingot
