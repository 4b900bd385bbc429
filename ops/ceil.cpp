// Ceil: rounds each element up.
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [](auto x) { return std::ceil(x); });
}

}  // namespace

extern const OpDef kCeil = {
    .name = "Ceil",
    .summary = "Rounds each element up to an integer.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kCeil, .elementwise = true},
};

}  // namespace ingot
