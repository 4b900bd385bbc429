// Celu: max(0, x) + min(0, alpha * (exp(x / alpha) - 1)).
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [alpha = node.number("alpha")]<typename T>(T x) {
    const T a = static_cast<T>(alpha);
    return std::max(T{0}, x) + std::min(T{0}, a * std::expm1(x / a));
  });
}

}  // namespace

extern const OpDef kCelu = {
    .name = "Celu",
    .summary = "Bends negative elements to alpha * (exp(x / alpha) - 1), which is smooth at 0.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .attributes = {{"alpha", 1.0f, "minus the limit for very negative elements"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.elementwise = true},
};

}  // namespace ingot
