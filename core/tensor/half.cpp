// FP8 by the OCP specification: E4M3 has no infinity and one NaN; both saturate here.
#include "core/tensor/half.h"

#include <cmath>

namespace ingot {
namespace {

struct Format {
  int mantissa_bits;
  int bias;
  uint8_t largest;  ///< code of the largest finite value
  uint8_t nan;
};
constexpr Format kE4M3{3, 7, 0x7e, 0x7f};
constexpr Format kE5M2{2, 15, 0x7b, 0x7f};

uint8_t encode(float x, const Format& format) {
  const auto word = std::bit_cast<uint32_t>(x);
  const auto sign = static_cast<uint8_t>((word >> 31) << 7);
  const uint32_t magnitude = word & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return sign | format.nan;
  const int exponent = static_cast<int>(magnitude >> 23) - 127;
  uint32_t code = 0;
  if (exponent < 1 - format.bias) {
    // Subnormal: a whole number of the smallest step, rounded to nearest even.
    const int steps_per_one = format.bias - 1 + format.mantissa_bits;
    code = static_cast<uint32_t>(
        std::nearbyint(std::ldexp(std::bit_cast<float>(magnitude), steps_per_one)));
  } else {
    const int dropped = 23 - format.mantissa_bits;
    const uint32_t half = (1U << (dropped - 1)) - 1 + ((magnitude >> dropped) & 1U);
    code = ((magnitude + half) >> dropped) -
           (static_cast<uint32_t>(127 - format.bias) << format.mantissa_bits);
  }
  return sign | static_cast<uint8_t>(code > format.largest ? format.largest : code);
}

float decode(uint8_t code, const Format& format) {
  const int exponent = (code & 0x7f) >> format.mantissa_bits;
  const int mantissa = code & ((1 << format.mantissa_bits) - 1);
  const int scale = 1 - format.bias - format.mantissa_bits;
  const float magnitude =
      exponent == 0 ? std::ldexp(static_cast<float>(mantissa), scale)
                    : std::ldexp(static_cast<float>(mantissa + (1 << format.mantissa_bits)),
                                 exponent - 1 + scale);
  return code & 0x80 ? -magnitude : magnitude;
}

}  // namespace

Float8E4M3::Float8E4M3(float x) : bits(encode(x, kE4M3)) {}

Float8E4M3::operator float() const {
  return (bits & 0x7f) == kE4M3.nan ? NAN : decode(bits, kE4M3);
}

Float8E5M2::Float8E5M2(float x) : bits(encode(x, kE5M2)) {}

Float8E5M2::operator float() const {
  if ((bits & 0x7f) > 0x7c) return NAN;
  if ((bits & 0x7f) == 0x7c) return bits & 0x80 ? -INFINITY : INFINITY;
  return decode(bits, kE5M2);
}

}  // namespace ingot
