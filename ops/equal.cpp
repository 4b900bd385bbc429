// Equal: true where the elements are equal.
#include "ops/binary.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_comparison(node, [](const Dim& a, const Dim& b) -> std::optional<Dim> {
    const std::optional<bool> known = dims_equal(a, b);
    return known ? std::optional<Dim>(*known ? 1 : 0) : std::nullopt;
  });
}

void evaluate(Reference& node) {
  compare_pairs(node, [](auto a, auto b) { return a == b; });
}

}  // namespace

extern const OpDef kEqual = {
    .name = "Equal",
    .summary = "Tells where the elements are equal.",
    .inputs = {{"A", "any type, any shape"}, {"B", "type of A; broadcasts"}},
    .outputs = {{"C", "bool, broadcast shape"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kEqual, .elementwise = true},
};

}  // namespace ingot
