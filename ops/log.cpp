// Log: the natural logarithm of each element.
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_floats(node, [](auto x) { return std::log(x); });
}

}  // namespace

extern const OpDef kLog = {
    .name = "Log",
    .summary = "Computes the natural logarithm of each element.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer_float_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kLog, .elementwise = true},
};

}  // namespace ingot
