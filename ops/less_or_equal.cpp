// LessOrEqual: true where the first is not larger.
#include "ops/binary.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_comparison(node, [](const Dim& a, const Dim& b) -> std::optional<Dim> {
    const std::optional<bool> opposite = dim_less(b, a);
    return opposite ? std::optional<Dim>(*opposite ? 0 : 1) : std::nullopt;
  });
}

void evaluate(Reference& node) {
  compare_pairs(node, [](auto a, auto b) { return a <= b; });
}

}  // namespace

extern const OpDef kLessOrEqual = {
    .name = "LessOrEqual",
    .summary = "Tells where the first is not larger.",
    .inputs = {{"A", "a number, any shape"}, {"B", "type of A; broadcasts"}},
    .outputs = {{"C", "bool, broadcast shape"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kLessOrEqual, .elementwise = true},
};

}  // namespace ingot
