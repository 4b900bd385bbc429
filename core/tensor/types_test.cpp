// Shapes, names and sizes of types, FP8 by its specification, layouts, tensors.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "core/base/error.h"
#include "core/tensor/layout.h"
#include "core/tensor/tensor.h"

namespace ingot {
namespace {

TEST(DType, NamesReadBack) {
  for (int i = 1; i <= static_cast<int>(DType::kU4); ++i) {
    const auto dtype = static_cast<DType>(i);
    EXPECT_EQ(dtype_from_name(dtype_name(dtype)), dtype) << i;
    EXPECT_GT(dtype_bits(dtype), 0) << i;
    EXPECT_EQ(is_float(dtype) + is_integer(dtype) + (dtype == DType::kBool), 1) << i;
  }
  EXPECT_EQ(dtype_name(DType::kUndefined), "?");
  EXPECT_EQ(dtype_from_name("fp16"), DType::kF16);
  EXPECT_EQ(dtype_from_name("int8"), DType::kI8);
  EXPECT_EQ(dtype_from_name("f99"), DType::kUndefined);
  EXPECT_EQ(dtype_from_name(""), DType::kUndefined);
}

TEST(Shape, CountsWithoutOverflow) {
  EXPECT_EQ((Shape{2, 3, 4}).elements(), 24);
  EXPECT_EQ(Shape{}.elements(), 1);
  EXPECT_EQ((Shape{int64_t{1} << 40, int64_t{1} << 40}).elements(),
            std::numeric_limits<int64_t>::max());
  EXPECT_EQ((Shape{int64_t{1} << 40, int64_t{1} << 40, 0}).elements(), 0);
  EXPECT_EQ((Shape{1, 3, 224}).to_string(), "1x3x224");
  EXPECT_EQ(Shape{}.to_string(), "scalar");
  EXPECT_FALSE((Shape{1, 2}) == (Shape{1, 2, 1}));
}

TEST(Shape, RefusesANinthAxis) {
  Shape shape{1, 1, 1, 1, 1, 1, 1, 1};
  EXPECT_THROW(shape.push_back(1), Error);
  EXPECT_THROW((Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}), Error);
}

TEST(DenseBytes, RoundsFourBitTypesUp) {
  EXPECT_EQ(dense_bytes(DType::kI4, {3}), 2U);
  EXPECT_EQ(dense_bytes(DType::kU4, {4}), 2U);
  EXPECT_EQ(dense_bytes(DType::kF32, {3}), 12U);
  EXPECT_EQ(dense_bytes(DType::kUndefined, {3}), 0U);
  EXPECT_EQ(dense_bytes(DType::kF64, {int64_t{1} << 62}), std::numeric_limits<size_t>::max());
}

TEST(Float8, HasTheSpecifiedExtremes) {
  EXPECT_EQ(float(Float8E4M3(448)), 448);
  EXPECT_EQ(Float8E4M3(448).bits, 0x7e);
  EXPECT_EQ(float(Float8E4M3(1e9F)), 448);
  EXPECT_EQ(float(Float8E4M3(-INFINITY)), -448);
  EXPECT_TRUE(std::isnan(float(Float8E4M3(NAN))));
  EXPECT_EQ(Float8E4M3(std::ldexp(1.F, -9)).bits, 0x01);  // smallest subnormal
  EXPECT_EQ(Float8E4M3(std::ldexp(1.F, -6)).bits, 0x08);  // smallest normal
  EXPECT_EQ(Float8E5M2(57344).bits, 0x7b);
  EXPECT_EQ(float(Float8E5M2(1e9F)), 57344);
  EXPECT_TRUE(std::isnan(float(Float8E5M2(NAN))));
  EXPECT_EQ(Float8E5M2(std::ldexp(1.F, -16)).bits, 0x01);
  Float8E5M2 infinite;
  infinite.bits = 0xfc;
  EXPECT_EQ(float(infinite), -INFINITY);
}

TEST(Float8, TiesGoToEven) {
  EXPECT_EQ(float(Float8E4M3(17)), 16);  // between 16 and 18
  EXPECT_EQ(float(Float8E4M3(19)), 20);  // between 18 and 20
  EXPECT_EQ(float(Float8E5M2(9)), 8);    // between 8 and 10
  EXPECT_EQ(float(Float8E5M2(11)), 12);
  EXPECT_EQ(Float8E4M3(std::ldexp(1.F, -10)).bits, 0x00);  // half of the smallest
  EXPECT_EQ(Float8E4M3(std::ldexp(3.F, -10)).bits, 0x02);
  EXPECT_EQ(Float8E4M3(1e-30F).bits, 0x00);
}

/// Every code reads back, and rounding picks the nearest neighbour.
template <typename Float8>
void check_all_codes() {
  for (int code = 0; code < 256; ++code) {
    Float8 value;
    value.bits = static_cast<uint8_t>(code);
    const float number = value;
    if (std::isnan(number) || std::isinf(number)) continue;
    EXPECT_EQ(Float8(number).bits, code);
    if ((code & 0x7f) == 0) continue;
    Float8 below;
    below.bits = static_cast<uint8_t>(code - 1);
    const float middle = (number + float(below)) / 2;
    EXPECT_EQ(Float8(middle + (number - middle) / 16).bits, code);
    EXPECT_EQ(Float8(middle - (number - middle) / 16).bits, below.bits);
  }
}
TEST(Float8, EveryCodeReadsBackAndRoundsToTheNearest) {
  check_all_codes<Float8E4M3>();
  check_all_codes<Float8E5M2>();
}

TEST(BFloat16, RoundsToEvenAndKeepsNan) {
  EXPECT_EQ(float(BFloat16(1.00390625F)), 1.0F);       // half a step above 1
  EXPECT_EQ(float(BFloat16(1.01171875F)), 1.015625F);  // one and a half
  EXPECT_TRUE(std::isnan(float(BFloat16(std::bit_cast<float>(0x7f800001U)))));
}

TEST(Layout, NamesReadBack) {
  for (const Layout layout :
       {Layout::kPlain, Layout::kChannelsLast, Layout::kBlocked8, Layout::kBlocked16}) {
    EXPECT_EQ(layout_from_name(layout_name(layout)), layout);
  }
  EXPECT_THROW(layout_from_name("nwhc"), Error);
}

TEST(Layout, StridesAndPadding) {
  const Shape shape{2, 20, 3, 5};
  EXPECT_EQ(layout_strides(shape, Layout::kPlain), (Shape{300, 15, 5, 1}));
  EXPECT_EQ(layout_strides(shape, Layout::kChannelsLast), (Shape{300, 1, 100, 20}));
  EXPECT_EQ(layout_strides(shape, Layout::kBlocked8), (Shape{360, 120, 40, 8}));
  EXPECT_EQ(layout_strides(shape, Layout::kBlocked16), (Shape{480, 240, 80, 16}));
  EXPECT_EQ(padded_elements(shape, Layout::kPlain), 600);
  EXPECT_EQ(padded_elements(shape, Layout::kBlocked8), 2 * 24 * 15);
  EXPECT_EQ(layout_strides({7}, Layout::kChannelsLast), (Shape{1}));
}

TEST(Layout, WindowsBeginAtBlocks) {
  const Shape shape{2, 32, 3, 5};
  EXPECT_EQ(window_offset(shape, Layout::kPlain, 1, 4), 60);
  EXPECT_EQ(window_offset(shape, Layout::kChannelsLast, 1, 4), 4);
  EXPECT_EQ(window_offset(shape, Layout::kBlocked16, 1, 16), 16 * 15);
  EXPECT_EQ(window_offset(shape, Layout::kBlocked16, 2, 1), 80);
  EXPECT_THROW(window_offset(shape, Layout::kBlocked16, 1, 4), Error);
}

TEST(Tensor, ConvertsElementsOfEveryType) {
  Tensor nibbles = Tensor::allocate(DType::kI4, {3});
  static_cast<uint8_t*>(nibbles.mutable_view().data)[0] = 0xf7;
  static_cast<uint8_t*>(nibbles.mutable_view().data)[1] = 0x08;
  EXPECT_EQ(nibbles.to_integers(), (std::vector<int64_t>{7, -1, -8}));

  Tensor halves = Tensor::allocate(DType::kF16, {2});
  halves.mutable_view().as<Half>()[0] = 1.5F;
  halves.mutable_view().as<Half>()[1] = -2.F;
  EXPECT_EQ(halves.to_floats(), (std::vector<float>{1.5F, -2.F}));
  EXPECT_EQ(Tensor::from_integers(std::vector<int64_t>{3, -4}).to_floats(),
            (std::vector<float>{3, -4}));
  EXPECT_EQ(Tensor::scalar_f32(2.5F).shape().rank(), 0);
  EXPECT_EQ(Tensor::from_floats(std::vector<float>{-2.9F, 1e30F, NAN}, {3}).to_integers(),
            (std::vector<int64_t>{-2, std::numeric_limits<int64_t>::max(), 0}));
}

TEST(Tensor, CopiesOnlyWhatIsNotAligned) {
  const Tensor tensor = Tensor::from_floats(std::vector<float>{1, 2, 3}, {3});
  EXPECT_EQ(tensor.aligned().data(), tensor.data());
  EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.data()) % 64, 0U);
  std::vector<std::byte> bytes(16);
  std::memcpy(bytes.data() + 1, tensor.data(), 12);
  const Tensor shifted(DType::kF32, {3}, bytes.data() + 1, nullptr);
  EXPECT_NE(shifted.aligned().data(), shifted.data());
  EXPECT_TRUE(same_content(shifted.aligned(), tensor));
  EXPECT_EQ(shifted.to_floats(), tensor.to_floats());
}

TEST(Tensor, ComparesTypeShapeAndBits) {
  const Tensor a = Tensor::from_floats(std::vector<float>{1, 2}, {2});
  EXPECT_TRUE(same_content(a, Tensor::from_floats(std::vector<float>{1, 2}, {2})));
  EXPECT_FALSE(same_content(a, Tensor::from_floats(std::vector<float>{1, 3}, {2})));
  EXPECT_FALSE(same_content(a, a.reshaped({2, 1})));
  EXPECT_THROW(a.reshaped({3}), Error);
}

TEST(Memory, SaysHowMuchCouldNotBeHad) {
  try {
    allocate_aligned(std::numeric_limits<size_t>::max() - 100);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.problems()[0].id, "memory.out_of_memory");
    EXPECT_NE(error.problems()[0].what.find("18446744073709551515"), std::string::npos);
  }
}

}  // namespace
}  // namespace ingot
