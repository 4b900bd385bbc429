// QLinearMatMul: a matrix product of quantised values, with a quantised result.
#include <fmt/format.h>

#include "ops/integer_operands.h"
#include "ops/matmul_sizes.h"

namespace ingot {
namespace {

constexpr int kA = 0, kAScale = 1, kAZero = 2, kB = 3, kBScale = 4, kBZero = 5, kYScale = 6,
              kYZero = 7;

void infer(InferContext& node) {
  for (const int i : {kA, kB, kYZero}) {
    const DType dtype = node.input(i).dtype;
    if (dtype_bits(dtype) == 8 && dtype != DType::kBool) continue;
    node.fail("op.bad_type", fmt::format("input {} has type {}", i, dtype_name(dtype)),
              "quantise it to 8 bits");
  }
  infer_matmul(node, kA, kB, false, false, node.input(kYZero).dtype);
}

void evaluate(Reference& node) {
  const Shape& a_shape = node.input(kA).shape;
  const Shape& b_shape = node.input(kB).shape;
  const std::vector<double> a = centred(node, kA, kAZero, a_shape.rank() - 2);
  const std::vector<double> b = centred(node, kB, kBZero, b_shape.rank() - 1);
  std::vector<double> y(static_cast<size_t>(node.output(0).elements()));
  multiply_batches(MatMulSizes::of(a_shape, b_shape), a.data(), b.data(), y.data());
  const int rank = node.output(0).shape.rank();
  store_quantised(node, y, scale_factors(node, kAScale, rank - 2, kBScale, rank - 1, kYScale),
                  kYZero, rank - 2);
}

}  // namespace

extern const OpDef kQLinearMatMul = {
    .name = "QLinearMatMul",
    .summary = "Multiplies matrices of quantised values to a quantised result.",
    .inputs = {{"a", "8 bits, any rank from 1"},
               {"a_scale", "float, one number or one for each row"},
               {"a_zero_point", "type of a, shape of a_scale"},
               {"b", "8 bits, any rank from 1"},
               {"b_scale", "float, one number or one for each column"},
               {"b_zero_point", "type of b, shape of b_scale"},
               {"y_scale", "float, one number or one for each row"},
               {"y_zero_point", "8 bits, shape of y_scale; its type is that of y"}},
    .outputs = {{"y", "type of y_zero_point"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
