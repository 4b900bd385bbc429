// Min: the smallest of any number of tensors, element by element; NaN wins.
#include "ops/binary.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_broadcast_numbers(
      node, [](const Dim& a, const Dim& b) -> std::optional<Dim> { return Dim::min(a, b); });
}

void evaluate(Reference& node) {
  map_number_pairs(node, []<typename T>(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      if (a != a) return a;
      if (b != b) return b;
    }
    return b < a ? b : a;
  });
}

}  // namespace

extern const OpDef kMin = {
    .name = "Min",
    .summary = "Takes the smallest of any number of tensors, element by element.",
    .inputs = {{"data_0", "a number, any shape; all inputs have one type and broadcast",
                OpPort::kVariadic}},
    .outputs = {{"C", "type of the inputs, broadcast shape"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kMin, .elementwise = true},
};

}  // namespace ingot
