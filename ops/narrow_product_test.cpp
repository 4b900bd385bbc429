// Products of 8-bit operands: exact sums, zero points, epilogues, rounding and saturation.
#include "ops/op_testing.h"

namespace ingot {
namespace {

using op_testing::expect_near;
using op_testing::run;
using op_testing::tensor;

TEST(NarrowProducts, GiveTheExactSumWithoutEpilogue) {
  const Tensor x = tensor<uint8_t>({1, 3}, {255, 200, 0});
  const Tensor w = tensor<int8_t>({3, 2}, {127, -128, -3, 5, 9, 9});
  const Tensor y = run("MatMul", {x, w});
  EXPECT_EQ(y.dtype(), DType::kI32);
  expect_near(y, {255 * 127 - 600, 255 * -128 + 1000}, 0);
}

TEST(NarrowProducts, RoundHalfToEvenAndSaturate) {
  const Tensor x = tensor<int8_t>({5, 1}, {1, 3, 5, 127, -128});
  const Tensor w = tensor<int8_t>({1, 1}, {1});
  const Tensor y = run("MatMul", {x, w}, "{epilogue=expr(mul(in0,0.5)), dtype=i8}");
  EXPECT_EQ(y.dtype(), DType::kI8);
  expect_near(y, {0, 2, 2, 64, -64}, 0);
  expect_near(run("MatMul", {x, w}, "{epilogue=expr(mul(in0,4)), dtype=u8}"), {4, 12, 20, 255, 0},
              0);
  expect_near(run("MatMul", {x, w}, "{dtype=f16}"), {1, 3, 5, 127, -128}, 0);
}

TEST(NarrowProducts, TakeExtrasOfAnyType) {
  const Tensor x = tensor<int8_t>({1, 2}, {10, -10});
  const Tensor w = tensor<int8_t>({2, 2}, {1, 0, 0, 1});
  const Tensor scale = tensor({2}, {0.5F, 0.25F});
  const Tensor residual = tensor<int8_t>({1, 2}, {-100, 100});
  expect_near(
      run("MatMul", {x, w, scale, residual}, "{epilogue=expr(add(mul(in0,in1),mul(in2,0.01)))}"),
      {4, -1.5}, 1e-6);
}

TEST(NarrowProducts, PadWithTheZeroPoint) {
  const Tensor x = tensor<uint8_t>({1, 1, 3}, {10, 12, 9});
  const Tensor w = tensor<int8_t>({1, 1, 3}, {1, 2, 3});
  const Tensor bias = tensor<int32_t>({1}, {1000});
  // x - 10 is 0, 2, -1; what lies around it is 0.
  expect_near(run("Conv", {x, w, bias}, "{pads=[1,1], x_zero=10}"), {1006, 1001, 1000}, 0);
  expect_near(run("ConvTranspose", {x, w}, "{x_zero=10}"), {0, 2, 3, 4, -3}, 0);
}

TEST(NarrowProducts, OfConvolutionsAreThoseOfConvInteger) {
  Tensor a = Tensor::allocate(DType::kU8, {2, 4, 5, 6}),
         w = Tensor::allocate(DType::kI8, {6, 2, 3, 3});
  std::mt19937 random(7);
  for (uint8_t& v : a.mutable_view().as<uint8_t>()) v = static_cast<uint8_t>(random());
  for (int8_t& v : w.mutable_view().as<int8_t>()) v = static_cast<int8_t>(random());
  const std::string window = "group=2, pads=[1,1,1,1], strides=[2,1]";
  const Tensor expected =
      run("ConvInteger", {a, w, tensor<uint8_t>({}, {131})}, "{" + window + "}");
  const Tensor y = run("Conv", {a, w}, "{" + window + ", x_zero=131}");
  EXPECT_TRUE(same_content(y, expected));
}

TEST(NarrowProducts, RefuseOperandsThatAreNotCentred) {
  const Tensor x = tensor<uint8_t>({1, 1}, {1});
  EXPECT_THROW(run("MatMul", {x, x}), Error);
  EXPECT_THROW(run("MatMul", {tensor({1, 1}, {1}), tensor({1, 1}, {1})}, "{dtype=i8}"), Error);
}

TEST(NarrowMeans, AreFloats) {
  const Tensor x = tensor<int8_t>({1, 1, 2, 2}, {-128, 127, 3, 4});
  expect_near(run("GlobalAveragePool", {x}, "{dtype=f32}"), {1.5}, 0);
  expect_near(run("AveragePool", {x}, "{dtype=f32, kernel_shape=[1,2]}"), {-0.5, 3.5}, 0);
  EXPECT_THROW(run("GlobalAveragePool", {x}), Error);
}

TEST(NarrowPointwise, RoundsAndSaturates) {
  const Tensor x = tensor({6}, {0.5F, 1.5F, -0.5F, 300, -300, 126.5F});
  expect_near(run("Pointwise", {x}, "{expression=expr(in0), dtype=i8}"), {0, 2, 0, 127, -128, 126},
              0);
  expect_near(run("Pointwise", {x}, "{expression=expr(min(in0,127)), dtype=u8}"),
              {0, 2, 0, 127, 0, 126}, 0);
}

TEST(NarrowResize, RoundsHalfToEven) {
  const Tensor x = tensor<int8_t>({1, 1, 2}, {0, 10});
  const Tensor scales = tensor({3}, {1, 1, 2});
  expect_near(run("Resize", {x, Tensor(), scales}, "{mode=\"linear\"}"), {0, 2, 8, 10}, 0);
}

}  // namespace
}  // namespace ingot
