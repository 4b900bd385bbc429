// Div: the quotient of two tensors; of integers, rounded towards zero.
#include "ops/binary.h"

namespace ingot {
namespace {

void infer(InferContext& node) { infer_broadcast_numbers(node, divide_towards_zero); }

void evaluate(Reference& node) {
  map_number_pairs(node, []<typename T>(T a, T b) -> T {
    if constexpr (std::is_floating_point_v<T>) {
      return a / b;
    } else {
      // ONNX leaves integer division by zero open: 0 here, never a trap.
      if (b == 0) return T{0};
      if constexpr (std::is_signed_v<T>) {
        if (b == -1) return static_cast<T>(uint64_t{0} - static_cast<uint64_t>(a));
      }
      return static_cast<T>(a / b);
    }
  });
}

}  // namespace

extern const OpDef kDiv = {
    .name = "Div",
    .summary = "Divides the first tensor by the second; integers towards zero.",
    .inputs = {{"A", "a number, any shape"}, {"B", "type of A; broadcasts"}},
    .outputs = {{"C", "type of A, broadcast shape"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kDiv, .elementwise = true},
};

}  // namespace ingot
