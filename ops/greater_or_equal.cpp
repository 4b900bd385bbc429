// GreaterOrEqual: true where the first is not smaller.
#include "ops/binary.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_comparison(node, [](const Dim& a, const Dim& b) -> std::optional<Dim> {
    const std::optional<bool> opposite = dim_less(a, b);
    return opposite ? std::optional<Dim>(*opposite ? 0 : 1) : std::nullopt;
  });
}

void evaluate(Reference& node) {
  compare_pairs(node, [](auto a, auto b) { return a >= b; });
}

}  // namespace

extern const OpDef kGreaterOrEqual = {
    .name = "GreaterOrEqual",
    .summary = "Tells where the first is not smaller.",
    .inputs = {{"A", "a number, any shape"}, {"B", "type of A; broadcasts"}},
    .outputs = {{"C", "bool, broadcast shape"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kGreaterOrEqual, .elementwise = true},
};

}  // namespace ingot
