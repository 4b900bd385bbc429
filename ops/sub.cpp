// Sub: the difference of two tensors.
#include "ops/binary.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_broadcast_numbers(node,
                          [](const Dim& a, const Dim& b) -> std::optional<Dim> { return a - b; });
}

void evaluate(Reference& node) {
  map_number_pairs(node, [](auto a, auto b) { return wide(a) - wide(b); });
}

}  // namespace

extern const OpDef kSub = {
    .name = "Sub",
    .summary = "Subtracts the second tensor from the first.",
    .inputs = {{"A", "a number, any shape"}, {"B", "type of A; broadcasts"}},
    .outputs = {{"C", "type of A, broadcast shape"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kSub, .elementwise = true},
};

}  // namespace ingot
