// Relu: max(x, 0); NaN stays NaN.
#include "ops/unary.h"

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_numbers(node, []<typename T>(T x) { return x < T{0} ? T{0} : x; });
}

}  // namespace

extern const OpDef kRelu = {
    .name = "Relu",
    .summary = "Replaces negative elements by zero.",
    .inputs = {{"X", "a number, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer_number_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kRelu, .elementwise = true},
};

}  // namespace ingot
