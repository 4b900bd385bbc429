// Or: true where at least one is true.
#include "ops/binary.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_logical(node, [](const Dim& a, const Dim& b) -> std::optional<Dim> {
    if (!a.is_constant() || !b.is_constant()) return std::nullopt;
    return Dim(a.constant() != 0 || b.constant() != 0);
  });
}

void evaluate(Reference& node) {
  map_bool_pairs(node, [](bool a, bool b) { return a || b; });
}

}  // namespace

extern const OpDef kOr = {
    .name = "Or",
    .summary = "Tells where at least one is true.",
    .inputs = {{"A", "bool, any shape"}, {"B", "bool; broadcasts"}},
    .outputs = {{"C", "bool, broadcast shape"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kOr, .elementwise = true},
};

}  // namespace ingot
