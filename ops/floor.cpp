// Floor: rounds each element down.
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [](auto x) { return std::floor(x); });
}

}  // namespace

extern const OpDef kFloor = {
    .name = "Floor",
    .summary = "Rounds each element down to an integer.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kFloor, .elementwise = true},
};

}  // namespace ingot
