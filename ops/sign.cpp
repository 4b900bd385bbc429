// Sign: -1, 0 or 1 by the sign of each element; NaN stays NaN.
#include "ops/unary.h"

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_numbers(node, []<typename T>(T x) -> T {
    return x > T{0} ? T{1} : x < T{0} ? static_cast<T>(-1) : x;
  });
}

}  // namespace

extern const OpDef kSign = {
    .name = "Sign",
    .summary = "Gives -1, 0 or 1 by the sign of each element.",
    .inputs = {{"X", "a number, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer_number_map,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kSign, .elementwise = true},
};

}  // namespace ingot
