// Packed formats: text that prints and parses, sizes that refuse nonsense, unpacking.
#include "core/tensor/packed_format.h"

#include <gtest/gtest.h>

#include <numeric>

#include "ingot/error.h"

namespace ingot {
namespace {

TEST(PackedFormat, PrintsWhatItParsed) {
  for (const char* text :
       {"f32 dims=64x3x7x7 padded=64x3x7x7 strides=1176x392x56x8 blocks=8@0",
        "i8 dims=20x6 padded=32x8 strides=256x64 blocks=4@1,16@0,2@1 extra=128 bytes",
        "bf16 dims=5 padded=5 strides=1"}) {
    EXPECT_EQ(PackedFormat::parse(text).to_string(), text);
  }
}

TEST(PackedFormat, RefusesTextThatIsNoFormat) {
  for (const char* text :
       {"", "f32", "f99 dims=1 padded=1 strides=1", "f32 dims=1 padded=1",
        "f32 dims=2x2 padded=2 strides=1x1", "f32 dims=-1 padded=1 strides=1",
        "f32 dims=1 padded=1 strides=1 blocks=8@1", "f32 dims=1 padded=1 strides=1 blocks=0@0",
        "f32 dims=1 padded=1 strides=1 more", "f32 dims=99999999999999999999 padded=1 strides=1",
        "f32 dims=1x1x1x1x1x1x1x1x1 padded=1 strides=1"}) {
    EXPECT_THROW(PackedFormat::parse(text), Error) << text;
  }
}

TEST(PackedFormat, CountsPaddingBlocksAndExtraBytes) {
  EXPECT_EQ(PackedFormat::parse("f32 dims=6x3 padded=8x3 strides=24x8 blocks=8@0").bytes(), 96U);
  EXPECT_EQ(
      PackedFormat::parse("i8 dims=6x3 padded=8x3 strides=24x8 blocks=8@0 extra=32 bytes").bytes(),
      56U);
}

TEST(PackedFormat, HasNoBytesWhereItMakesNoSense) {
  for (const char* text :
       {"f32 dims=8x3 padded=6x3 strides=24x8 blocks=8@0",  // padded below dims
        "f32 dims=6x3 padded=7x3 strides=24x8 blocks=8@0",  // not whole blocks
        "f32 dims=0x3 padded=0x3 strides=3x1",
        "f32 dims=4611686018427387904x4 padded=4611686018427387904x4 strides=4x1",
        "f32 dims=2 padded=2 strides=9223372036854775807"}) {
    EXPECT_EQ(PackedFormat::parse(text).bytes(), 0U) << text;
  }
}

// Element (o, i) of a 20x6 matrix packed in blocks of 4i 16o 2i, by the definition.
TEST(PackedFormat, UnpacksNestedBlocks) {
  const auto format =
      PackedFormat::parse("f32 dims=20x6 padded=32x8 strides=128x128 blocks=4@1,16@0,2@1");
  ASSERT_EQ(format.bytes(), 4U * (128 + 128));
  std::vector<float> packed(format.bytes() / 4, -1.0F), plain(120), expected(120);
  std::iota(expected.begin(), expected.end(), 0.0F);
  for (int o = 0; o < 20; ++o) {
    for (int i = 0; i < 6; ++i) {
      const int offset = (o / 16) * 128 + (i / 2 % 4) * 32 + (o % 16) * 2 + i % 2;
      packed[static_cast<size_t>(offset)] = expected[static_cast<size_t>(o * 6 + i)];
    }
  }
  format.unpack(packed.data(), {DType::kF32, {20, 6}, plain.data()});
  EXPECT_EQ(plain, expected);
}

TEST(PackedFormat, UnpacksATransposedMatrix) {
  const auto format = PackedFormat::parse("f32 dims=2x3 padded=2x3 strides=1x2");
  const std::vector<float> packed = {0, 3, 1, 4, 2, 5};
  std::vector<float> plain(6);
  format.unpack(packed.data(), {DType::kF32, {2, 3}, plain.data()});
  EXPECT_EQ(plain, (std::vector<float>{0, 1, 2, 3, 4, 5}));
}

}  // namespace
}  // namespace ingot
