// Selu: gamma * (x > 0 ? x : alpha * (exp(x) - 1)).
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [alpha = node.number("alpha"), gamma = node.number("gamma")]<typename T>(T x) {
    return static_cast<T>(gamma) * (x > T{0} ? x : static_cast<T>(alpha) * std::expm1(x));
  });
}

}  // namespace

extern const OpDef kSelu = {
    .name = "Selu",
    .summary =
        "Scales positive elements by gamma, bends the others to gamma * alpha * (exp(x) - 1).",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .attributes = {{"alpha", 1.67326319217681884765625f, "depth of the bend"},
                   {"gamma", 1.05070102214813232421875f, "factor of the whole"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.elementwise = true},
};

}  // namespace ingot
