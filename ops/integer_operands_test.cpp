// Tests of the integer and quantised convolutions and matrix products.
#include "ops/op_testing.h"

namespace ingot {
namespace {

using namespace op_testing;

/// Bytes that cover the whole range.
template <typename T>
Tensor random_bytes(const Shape& shape, unsigned seed) {
  std::mt19937 generator(seed);
  Tensor made = Tensor::allocate(kDTypeOf<T>, shape);
  for (T& value : made.mutable_view().as<T>()) value = static_cast<T>(generator());
  return made;
}

Tensor f64(const Tensor& x) { return converted(x, DType::kF64); }

TEST(ConvInteger, IsAConvolutionOfCentredIntegers) {
  const Tensor x = random_bytes<uint8_t>({1, 3, 6, 5}, 1),
               w = random_bytes<int8_t>({4, 3, 3, 3}, 2);
  const Tensor x_zero = tensor<uint8_t>({}, {7}), w_zero = tensor<int8_t>({4}, {1, -2, 3, 0});
  const Tensor y = run("ConvInteger", {x, w, x_zero, w_zero}, "{strides=[2,1]}");
  EXPECT_EQ(y.dtype(), DType::kI32);
  const Tensor x64 = run("Sub", {f64(x), f64(x_zero)});
  const Tensor w64 = run("Sub", {f64(w), f64(w_zero).reshaped({4, 1, 1, 1})});
  expect_near(y, run("Conv", {x64, w64}, "{strides=[2,1]}"), 1e-12);
}

TEST(MatMulInteger, CentresRowsAndColumns) {
  const Tensor a = random_bytes<uint8_t>({2, 3, 4}, 1), b = random_bytes<uint8_t>({4, 5}, 2);
  const Tensor a_zero = tensor<uint8_t>({3}, {1, 2, 3}),
               b_zero = tensor<uint8_t>({5}, {9, 8, 7, 6, 5});
  const Tensor y = run("MatMulInteger", {a, b, a_zero, b_zero});
  const Tensor a64 = run("Sub", {f64(a), f64(a_zero).reshaped({3, 1})});
  expect_near(y, run("MatMul", {a64, run("Sub", {f64(b), f64(b_zero)})}), 1e-12);
}

TEST(QLinearConv, AgreesWithTheRoadOverFloats) {
  const Tensor x = random_bytes<uint8_t>({2, 4, 7, 7}, 1),
               w = random_bytes<int8_t>({6, 2, 3, 3}, 2);
  const Tensor x_scale = tensor({}, {0.02F}), x_zero = tensor<uint8_t>({}, {100});
  const Tensor w_scale = tensor({6}, {0.01F, 0.02F, 0.005F, 0.03F, 0.01F, 0.04F});
  const Tensor w_zero = tensor<int8_t>({6}, {0, 0, 0, 0, 0, 0});
  const Tensor y_scale = tensor({}, {0.1F}), y_zero = tensor<int8_t>({}, {-3});
  const Tensor bias = tensor<int32_t>({6}, {500, -700, 0, 1, 2, 3});
  const Tensor y =
      run("QLinearConv", {x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, bias},
          "{group=2, pads=[1,1,1,1]}");
  const Tensor x_real = run("DequantizeLinear", {x, x_scale, x_zero});
  const Tensor w_real = run("DequantizeLinear", {w, w_scale, w_zero}, "{axis=0}");
  std::vector<float> real_bias;
  for (size_t i = 0; i < 6; ++i) {
    real_bias.push_back(static_cast<float>(bias.as<int32_t>()[i]) * 0.02F * w_scale.as<float>()[i]);
  }
  const Tensor real =
      run("Conv", {x_real, w_real, tensor({6}, real_bias)}, "{group=2, pads=[1,1,1,1]}");
  const Tensor expected = run("QuantizeLinear", {real, y_scale, y_zero});
  ASSERT_EQ(y.dtype(), DType::kI8);
  for (int64_t i = 0; i < y.elements(); ++i) {  // ties may fall either way
    const auto at = static_cast<size_t>(i);
    EXPECT_NEAR(y.as<int8_t>()[at], expected.as<int8_t>()[at], 1);
  }
}

TEST(QLinearMatMul, RoundsAndSaturates) {
  const Tensor a = tensor<int8_t>({1, 2}, {10, -20}),
               b = tensor<int8_t>({2, 3}, {1, 2, 127, 3, -4, -128});
  const Tensor one = tensor({}, {1.0F}), zero = tensor<int8_t>({}, {0});
  const Tensor y = run("QLinearMatMul",
                       {a, one, zero, b, one, zero, tensor({}, {4.0F}), tensor<int8_t>({}, {1})});
  expect_near(
      y, std::vector<double>{-11, 26, 127});  // -50/4 = -12.5 is rounded to even, then 1 is added
}

TEST(DynamicQuantizeLinear, CoversTheRangeAndZero) {
  const auto outputs = run_all("DynamicQuantizeLinear", {tensor({4}, {1, 2, 3, 5.1F})}, "{}", 3);
  EXPECT_NEAR(outputs[1].as<float>()[0], 0.02F, 1e-7);
  expect_near(outputs[2], std::vector<double>{0});
  expect_near(outputs[0], std::vector<double>{50, 100, 150, 255});
  const auto negative = run_all("DynamicQuantizeLinear", {tensor({2}, {-2.55F, -1})}, "{}", 3);
  expect_near(negative[2], std::vector<double>{255});
}

}  // namespace
}  // namespace ingot
