// Not: the logical negation of each element.
#include "ops/elementwise.h"
#include "ops/reference.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_bool(node, 0);
  infer_map(node);
  map_contents(node, [](const Dim& x) -> std::optional<Dim> {
    if (!x.is_constant()) return std::nullopt;
    return x.constant() == 0 ? 1 : 0;
  });
}

void evaluate(Reference& node) {
  const auto x = node.input(0).as<bool>();
  const auto y = node.output(0).as<bool>();
  for (size_t i = 0; i < x.size(); ++i) y[i] = !x[i];
}

}  // namespace

extern const OpDef kNot = {
    .name = "Not",
    .summary = "Negates each truth value.",
    .inputs = {{"X", "bool, any shape"}},
    .outputs = {{"Y", "bool, shape of X"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kNot, .elementwise = true},
};

}  // namespace ingot
