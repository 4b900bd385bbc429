// 16-bit and 8-bit floats as storage types: conversions to and from float, nothing else.
#pragma once

#include <bit>
#include <cstdint>

namespace ingot {

/// IEEE binary16. Conversion rounds to nearest even.
struct Half {
  _Float16 value;
  Half() = default;
  Half(float x) : value(static_cast<_Float16>(x)) {}
  operator float() const { return static_cast<float>(value); }
};

/// The upper half of a binary32. Conversion rounds to nearest even; NaN stays NaN.
struct BFloat16 {
  uint16_t bits;
  BFloat16() = default;
  BFloat16(float x) {
    const auto u = std::bit_cast<uint32_t>(x);
    const bool nan = (u & 0x7fffffffU) > 0x7f800000U;
    bits = static_cast<uint16_t>(nan ? (u >> 16) | 0x40U : (u + 0x7fffU + ((u >> 16) & 1U)) >> 16);
  }
  operator float() const { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }
};

/// FP8 E4M3FN and E5M2 (OCP), saturating conversions.
struct Float8E4M3 {
  uint8_t bits;
  Float8E4M3() = default;
  Float8E4M3(float x);
  operator float() const;
};
struct Float8E5M2 {
  uint8_t bits;
  Float8E5M2() = default;
  Float8E5M2(float x);
  operator float() const;
};

static_assert(sizeof(Half) == 2 && sizeof(BFloat16) == 2);

}  // namespace ingot
