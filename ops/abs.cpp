// Abs: the absolute value of each element.
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_number_map(node);
  map_contents(node, [](const Dim& x) -> std::optional<Dim> {
    if (is_nonnegative(x)) return x;
    if (is_nonnegative(Dim(0) - x)) return Dim(0) - x;
    return std::nullopt;
  });
}

void evaluate(Reference& node) {
  map_numbers(node, []<typename T>(T x) {
    if constexpr (std::is_floating_point_v<T>) return std::abs(x);
    // The smallest integer has no positive twin and stays itself, as in two's complement.
    else
      return x < T{0} ? static_cast<T>(uint64_t{0} - static_cast<uint64_t>(x)) : x;
  });
}

}  // namespace

extern const OpDef kAbs = {
    .name = "Abs",
    .summary = "Takes the absolute value of each element.",
    .inputs = {{"X", "a number, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kAbs, .elementwise = true},
};

}  // namespace ingot
