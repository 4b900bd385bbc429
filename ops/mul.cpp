// Mul: the product of two tensors, element by element.
#include "ops/binary.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_broadcast_numbers(node,
                          [](const Dim& a, const Dim& b) -> std::optional<Dim> { return a * b; });
}

void evaluate(Reference& node) {
  map_number_pairs(node, [](auto a, auto b) { return wide(a) * wide(b); });
}

}  // namespace

extern const OpDef kMul = {
    .name = "Mul",
    .summary = "Multiplies two tensors, element by element.",
    .inputs = {{"A", "a number, any shape"}, {"B", "type of A; broadcasts"}},
    .outputs = {{"C", "type of A, broadcast shape"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kMul, .elementwise = true},
};

}  // namespace ingot
