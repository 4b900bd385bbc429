// Tests of QuantizeLinear and DequantizeLinear: rounding, saturation, per tensor, axis and block.
#include <limits>

#include "ops/op_testing.h"

namespace ingot {
namespace {

using namespace op_testing;

TEST(Quantize, RoundsHalvesToEvenAndSaturates) {
  const Tensor x = tensor({6}, {-300, -1, 1, 3, 5, 300});
  const Tensor scale = Tensor::scalar_f32(2);
  expect_near(run("QuantizeLinear", {x, scale, tensor<int8_t>({}, {0})}), {-128, 0, 0, 2, 2, 127});
  expect_near(run("QuantizeLinear", {x, scale, tensor<uint8_t>({}, {128})}),
              {0, 128, 128, 130, 130, 255});
  EXPECT_EQ(run("QuantizeLinear", {x, scale}).dtype(), DType::kU8);
  EXPECT_EQ(run("QuantizeLinear", {x, scale}, "{output_dtype=i16}").dtype(), DType::kI16);
  expect_near(run("QuantizeLinear", {x, scale}, "{output_dtype=i4}"), {-8, 0, 0, 2, 2, 7});
}

TEST(Quantize, MapsNanToTheZeroPoint) {
  const Tensor x = tensor({1}, {std::numeric_limits<float>::quiet_NaN()});
  expect_near(run("QuantizeLinear", {x, Tensor::scalar_f32(1), tensor<uint8_t>({}, {7})}), {7});
}

TEST(Quantize, TakesAScalePerElementOfTheAxis) {
  const Tensor x = tensor({1, 2, 2}, {1, 2, 10, 20});
  const Tensor scale = tensor({2}, {1, 10}), zero = tensor<int8_t>({2}, {0, 5});
  const Tensor q = run("QuantizeLinear", {x, scale, zero});
  expect_near(q, {1, 2, 6, 7});
  expect_near(run("DequantizeLinear", {q, scale, zero}), x);
  expect_near(run("QuantizeLinear", {x, scale, zero}, "{axis=-1}"), {1, 5, 10, 7});
  EXPECT_EQ(problem_of([&] { run("QuantizeLinear", {x, tensor({3}, {1, 1, 1})}); }),
            "op.bad_shape");
}

TEST(Quantize, TakesAScalePerBlock) {
  const Tensor x = tensor({2, 3}, {1, 2, 3, 10, 20, 30});
  const Tensor scale = tensor({2, 2}, {1, 3, 10, 30});
  const Tensor q = run("QuantizeLinear", {x, scale, tensor<int8_t>({2, 2}, {0, 0, 0, 1})},
                       "{axis=1, block_size=2}");
  expect_near(q, {1, 2, 1, 1, 2, 2});
  expect_near(run("DequantizeLinear", {q, scale, tensor<int8_t>({2, 2}, {0, 0, 0, 1})},
                  "{axis=1, block_size=2}"),
              x);
}

TEST(Dequantize, TakesEveryStoredType) {
  const Tensor scale = Tensor::scalar_f32(0.5);
  expect_near(run("DequantizeLinear", {tensor<int32_t>({2}, {-3, 5}), scale}), {-1.5, 2.5});
  expect_near(run("DequantizeLinear", {tensor<uint16_t>({1}, {65535}), scale}), {32767.5});
  const Tensor packed = run("Cast", {tensor<int32_t>({3}, {-8, 7, 1})}, "{to=i4}");
  expect_near(run("DequantizeLinear", {packed, scale}), {-4, 3.5, 0.5});
  const Tensor f8 = run("QuantizeLinear", {tensor({2}, {1, -200}), scale}, "{output_dtype=f8e4m3}");
  expect_near(run("DequantizeLinear", {f8, scale}), {1, -192});
}

TEST(Dequantize, GivesTheTypeOfTheScale) {
  const Tensor scale = converted(Tensor::scalar_f32(0.5), DType::kF16);
  EXPECT_EQ(run("DequantizeLinear", {tensor<int8_t>({1}, {3}), scale}).dtype(), DType::kF16);
  EXPECT_EQ(problem_of([&] {
              run("DequantizeLinear", {tensor<int8_t>({1}, {3}), scale, tensor<uint8_t>({}, {0})});
            }),
            "op.bad_type");
}

}  // namespace
}  // namespace ingot
