// Round: rounds each element to the nearest integer, halves to even.
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [](auto x) { return std::nearbyint(x); });
}

}  // namespace

extern const OpDef kRound = {
    .name = "Round",
    .summary = "Rounds each element to the nearest integer, halves to the even one.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kRound, .elementwise = true},
};

}  // namespace ingot
