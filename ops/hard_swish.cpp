// HardSwish: x * max(0, min(1, x / 6 + 0.5)).
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, []<typename T>(T x) {
    return x * std::max(T{0}, std::min(T{1}, x / T{6} + static_cast<T>(0.5)));
  });
}

}  // namespace

extern const OpDef kHardSwish = {
    .name = "HardSwish",
    .summary = "Multiplies each element by a straight line clipped to [0, 1].",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kHardSwish, .elementwise = true},
};

}  // namespace ingot
