// Sum: the sum of any number of tensors, element by element.
#include "ops/binary.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_broadcast_numbers(node,
                          [](const Dim& a, const Dim& b) -> std::optional<Dim> { return a + b; });
}

void evaluate(Reference& node) {
  map_number_pairs(node, [](auto a, auto b) { return wide(a) + wide(b); });
}

}  // namespace

extern const OpDef kSum = {
    .name = "Sum",
    .summary = "Adds any number of tensors.",
    .inputs = {{"data_0", "float, any shape; all inputs have one type and broadcast",
                OpPort::kVariadic}},
    .outputs = {{"C", "type of the inputs, broadcast shape"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kAdd, .elementwise = true},
};

}  // namespace ingot
