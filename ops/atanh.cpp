// Atanh: the inverse hyperbolic tangent of each element.
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [](auto x) { return std::atanh(x); });
}

}  // namespace

extern const OpDef kAtanh = {
    .name = "Atanh",
    .summary = "Takes the inverse hyperbolic tangent of each element.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.elementwise = true},
};

}  // namespace ingot
