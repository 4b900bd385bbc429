// Pow: X to the power of Y, in the type of X; the two types may differ.
#include <cmath>

#include "ops/blocks.h"
#include "ops/broadcast_iteration.h"
#include "ops/elementwise.h"
#include "ops/reference.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_number(node, 0);
  require_number(node, 1);
  node.set_output(0, node.input(0).dtype, broadcast_inputs(node));
}

int64_t power(int64_t base, int64_t exponent) {
  // As for every type that is inverted and cut to an integer: only 1 and -1 survive.
  if (exponent < 0) {
    if (base == 1) return 1;
    if (base == -1) return exponent % 2 == 0 ? 1 : -1;
    return 0;
  }
  uint64_t result = 1;
  auto factor = static_cast<uint64_t>(base);
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 != 0) result *= factor;
    factor *= factor;
  }
  return static_cast<int64_t>(result);
}

int64_t square(int64_t base) { return power(base, 2); }
float square(float base) { return base * base; }
double square(double base) { return base * base; }

float power(float base, float exponent) { return std::pow(base, exponent); }
double power(double base, double exponent) { return std::pow(base, exponent); }

template <typename Compute>
void raise(const Reference& node) {
  const TensorView& x = node.input(0);
  const TensorView& y = node.input(1);
  Compute base[kBlock], exponent[kBlock];
  for (BroadcastRows rows(node.output(0).shape, {x.shape, y.shape}); rows.more(); rows.next()) {
    for (int64_t at = 0; at < rows.length(); at += kBlock) {
      const int64_t count = std::min(kBlock, rows.length() - at);
      const int64_t step_x = rows.step(0), step_y = rows.step(1);
      load_block(x, rows.offset(0) + at * step_x, base, step_x != 0 ? count : 1);
      load_block(y, rows.offset(1) + at * step_y, exponent, step_y != 0 ? count : 1);
      if (step_x == 0) std::fill_n(base + 1, count - 1, base[0]);
      if (step_y == 0 && exponent[0] == Compute{2}) {
        for (int64_t i = 0; i < count; ++i) base[i] = square(base[i]);  // the most frequent
      } else {
        for (int64_t i = 0; i < count; ++i) base[i] = power(base[i], exponent[i * step_y]);
      }
      store_block(node.output(0), rows.out() + at, base, count);
    }
  }
}

void evaluate(Reference& node) {
  const DType x = node.input(0).dtype, y = node.input(1).dtype;
  if (is_integer(x) && is_integer(y)) {
    raise<int64_t>(node);
  } else if (x == DType::kF64 || is_integer(x) || y == DType::kF64) {
    raise<double>(node);
  } else {
    raise<float>(node);
  }
}

}  // namespace

extern const OpDef kPow = {
    .name = "Pow",
    .summary = "Raises the elements of X to the powers in Y.",
    .inputs = {{"X", "a number, any shape"}, {"Y", "a number; broadcasts"}},
    .outputs = {{"Z", "type of X, broadcast shape"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kPow, .elementwise = true},
};

}  // namespace ingot
