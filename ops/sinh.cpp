// Sinh: the hyperbolic sine of each element.
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [](auto x) { return std::sinh(x); });
}

}  // namespace

extern const OpDef kSinh = {
    .name = "Sinh",
    .summary = "Takes the hyperbolic sine of each element.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.elementwise = true},
};

}  // namespace ingot
