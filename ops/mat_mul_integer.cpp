// MatMulInteger: a matrix product of 8-bit integers with a 32-bit result.
#include "ops/integer_operands.h"
#include "ops/matmul_sizes.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_8_bit(node, 0);
  require_8_bit(node, 1);
  infer_matmul(node, 0, 1, false, false, DType::kI32);
}

void evaluate(Reference& node) {
  const Shape& a_shape = node.input(0).shape;
  const Shape& b_shape = node.input(1).shape;
  const std::vector<double> a = centred(node, 0, 2, a_shape.rank() - 2);
  const std::vector<double> b = centred(node, 1, 3, b_shape.rank() - 1);
  ElementsToStore<double> y(node.output(0));
  multiply_batches(MatMulSizes::of(a_shape, b_shape), a.data(), b.data(), y.data());
}

}  // namespace

extern const OpDef kMatMulInteger = {
    .name = "MatMulInteger",
    .summary = "Multiplies matrices of 8-bit integers to 32-bit integers.",
    .inputs = {{"A", "i8 or u8, any rank from 1"},
               {"B", "i8 or u8, any rank from 1"},
               {"a_zero_point", "type of A, one number or one for each row", OpPort::kOptional},
               {"b_zero_point", "type of B, one number or one for each column", OpPort::kOptional}},
    .outputs = {{"Y", "i32"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
