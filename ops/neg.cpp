// Neg: the negative of each element.
#include "ops/unary.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_number_map(node);
  map_contents(node, [](const Dim& x) -> std::optional<Dim> { return Dim(0) - x; });
}

void evaluate(Reference& node) {
  map_numbers(node, []<typename T>(T x) {
    if constexpr (std::is_floating_point_v<T>)
      return -x;
    else
      return static_cast<T>(uint64_t{0} - static_cast<uint64_t>(x));
  });
}

}  // namespace

extern const OpDef kNeg = {
    .name = "Neg",
    .summary = "Changes the sign of each element.",
    .inputs = {{"X", "a number, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kNeg, .elementwise = true},
};

}  // namespace ingot
