// Greater: true where the first is larger.
#include "ops/binary.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_comparison(node, [](const Dim& a, const Dim& b) -> std::optional<Dim> {
    const std::optional<bool> known = dim_less(b, a);
    return known ? std::optional<Dim>(*known ? 1 : 0) : std::nullopt;
  });
}

void evaluate(Reference& node) {
  compare_pairs(node, [](auto a, auto b) { return a > b; });
}

}  // namespace

extern const OpDef kGreater = {
    .name = "Greater",
    .summary = "Tells where the first is larger.",
    .inputs = {{"A", "a number, any shape"}, {"B", "type of A; broadcasts"}},
    .outputs = {{"C", "bool, broadcast shape"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kGreater, .elementwise = true},
};

}  // namespace ingot
