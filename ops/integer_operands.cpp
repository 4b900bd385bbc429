// Zero points, scales and rounding of the integer operators.
#include "ops/integer_operands.h"

#include <fmt/format.h>

#include <cmath>

#include "ops/blocks.h"
#include "ops/broadcast_iteration.h"

namespace ingot {
namespace {

/// Calls visit(value, number) for all elements of a tensor and the number that broadcasts to it.
template <typename Visit>
void for_each_pair(const Shape& shape, const TensorView& numbers, int axis, Visit&& visit) {
  const std::vector<double> values = load_all<double>(numbers);
  const Shape broadcast = along_axis(numbers.shape, shape.rank(), axis);
  for (BroadcastRows row(shape, {broadcast}); row.more(); row.next()) {
    for (int64_t i = 0; i < row.length(); ++i) {
      visit(static_cast<size_t>(row.out() + i),
            values[static_cast<size_t>(row.offset(0) + i * row.step(0))]);
    }
  }
}

}  // namespace

Shape along_axis(const Shape& shape, int rank, int axis) {
  if (shape.elements() == 1) return Shape{};
  if (shape.rank() != 1 || rank == 0) return shape;
  Shape result;
  for (int i = 0; i < rank; ++i) result.push_back(i == axis ? shape[0] : 1);
  return result;
}

std::vector<double> centred(const Reference& node, int i, int zero, int axis) {
  std::vector<double> values = load_all<double>(node.input(i));
  if (!node.has_input(zero)) return values;
  for_each_pair(node.input(i).shape, node.input(zero), axis,
                [&](size_t at, double number) { values[at] -= number; });
  return values;
}

std::vector<double> scale_factors(const Reference& node, int a, int a_axis, int b, int b_axis,
                                  int y) {
  const Shape& shape = node.output(0).shape;
  std::vector<double> factors(static_cast<size_t>(shape.elements()), 1.0);
  for_each_pair(shape, node.input(a), a_axis, [&](size_t i, double scale) { factors[i] *= scale; });
  for_each_pair(shape, node.input(b), b_axis, [&](size_t i, double scale) { factors[i] *= scale; });
  for_each_pair(shape, node.input(y), a_axis, [&](size_t i, double scale) { factors[i] /= scale; });
  return factors;
}

void store_quantised(const Reference& node, const std::vector<double>& accumulators,
                     const std::vector<double>& factors, int zero, int axis) {
  std::vector<double> result(accumulators.size());
  const bool rounds = is_integer(node.output(0).dtype);
  for (size_t i = 0; i < result.size(); ++i) {
    const double value = accumulators[i] * factors[i];
    result[i] = rounds ? std::nearbyint(value) : value;
  }
  for_each_pair(node.output(0).shape, node.input(zero), axis,
                [&](size_t i, double number) { result[i] += number; });
  store_elements(result.data(), node.output(0));
}

void require_8_bit(const InferContext& node, int i) {
  const DType dtype = node.input(i).dtype;
  if (dtype == DType::kI8 || dtype == DType::kU8) return;
  node.fail("op.bad_type",
            fmt::format("input {} has type {}, but must be i8 or u8", i, dtype_name(dtype)),
            "quantise the input to 8 bits");
}

}  // namespace ingot
