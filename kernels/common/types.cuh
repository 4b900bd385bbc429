// Element types of kernels. NVRTC sees no system headers, so 16-bit floats are made here.
#pragma once

namespace ingot::kernels {

/// IEEE half precision: storage only, arithmetic is done in float.
struct half_t {
  unsigned short bits;
};

/// bfloat16: storage only.
struct bfloat16_t {
  unsigned short bits;
};

/// E4M3, an 8-bit float without infinity: storage only.
struct float8_t {
  unsigned char bits;
};

#if defined(__CUDACC__)
__device__ inline float to_float(half_t x) {
  float y;
  asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
  return y;
}

template <typename T>
__device__ T from_float(float x);

template <>
__device__ inline half_t from_float<half_t>(float x) {
  half_t y;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
  return y;
}
#else
// Tests compile kernels for the CPU too; tests/gpu/emulation has these two.
inline float to_float(half_t x) { return emulated_half_to_float(x.bits); }
template <typename T>
T from_float(float x);
template <>
inline half_t from_float<half_t>(float x) {
  return {emulated_half_from_float(x)};
}
#endif

__device__ inline float to_float(bfloat16_t x) {
  union {
    unsigned u;
    float f;
  } bits = {static_cast<unsigned>(x.bits) << 16};
  return bits.f;
}
/// The fields of an 8-bit float in those of a half, whose exponent has another bias: halves keep the
/// steps of 2^-9 below 2^-6, which in float32 would be denormals, that kernels flush to 0.
__device__ inline float to_float(float8_t x) {
  const unsigned magnitude = x.bits & 0x7fU;
  // 2^8 more for the bias; a NaN has all bits of the magnitude set.
  const unsigned half = magnitude == 0x7fU ? 0x7e00U : magnitude << 7;
  return to_float(half_t{static_cast<unsigned short>(half | (x.bits & 0x80U) << 8)}) * 256.0F;
}
__device__ inline float to_float(float x) { return x; }
__device__ inline float to_float(double x) { return static_cast<float>(x); }
__device__ inline float to_float(bool x) { return x ? 1.0F : 0.0F; }
__device__ inline float to_float(signed char x) { return x; }
__device__ inline float to_float(unsigned char x) { return x; }
__device__ inline float to_float(int x) { return static_cast<float>(x); }
__device__ inline float to_float(long long x) { return static_cast<float>(x); }

/// Round to nearest even, NaN stays NaN.
template <>
__device__ inline bfloat16_t from_float<bfloat16_t>(float x) {
  union {
    float f;
    unsigned u;
  } bits = {x};
  if ((bits.u & 0x7fffffffU) > 0x7f800000U)
    return {static_cast<unsigned short>((bits.u >> 16) | 0x40U)};
  return {static_cast<unsigned short>((bits.u + 0x7fffU + ((bits.u >> 16) & 1U)) >> 16)};
}
/// Round to nearest even; what is too large becomes 448, NaN stays NaN.
template <>
__device__ inline float8_t from_float<float8_t>(float x) {
  union {
    float f;
    unsigned u;
  } bits = {x}, steps = {};
  const unsigned sign = bits.u >> 24 & 0x80U;
  bits.u &= 0x7fffffffU;
  unsigned code = 0;
  if (bits.u > 0x7f800000U) {
    code = 0x7fU;
  } else if (bits.u < 0x3c800000U) {  // below 2^-6: whole steps of 2^-9, to which 2^14 rounds
    steps.f = bits.f + 0x1p14F;
    code = steps.u & 0xfU;
  } else {
    code = (bits.u + 0x7ffffU + (bits.u >> 20 & 1U) >> 20) - (120U << 3);
    if (code > 0x7eU) code = 0x7eU;
  }
  return {static_cast<unsigned char>(sign | code)};
}
template <>
__device__ inline float from_float<float>(float x) {
  return x;
}
template <>
__device__ inline bool from_float<bool>(float x) {
  return x != 0;
}

/// Word whose low byte is x as an integer: nearest, halves to even, saturated to [low, high]; NaN
/// becomes 0. Of a float between 2^23 and 2^24 the low bits are the number itself, so that an addition
/// rounds and converts (the conversion unit is a quarter as fast).
__device__ inline unsigned rounded_byte(float x, float low, float high) {
  const float number = low < 0 && x != x ? 0.0F : x;  // fmaxf takes a NaN to low
  union {
    float f;
    unsigned u;
  } bits = {fminf(fmaxf(number, low), high) + 12582912.0F};
  return bits.u;
}
template <typename T>
__device__ inline unsigned byte_from_float(float x);
template <>
__device__ inline unsigned byte_from_float<signed char>(float x) {
  return rounded_byte(x, -128.0F, 127.0F);
}
template <>
__device__ inline unsigned byte_from_float<unsigned char>(float x) {
  return rounded_byte(x, 0.0F, 255.0F);
}
template <>
__device__ inline signed char from_float<signed char>(float x) {
  return static_cast<signed char>(byte_from_float<signed char>(x) & 0xffU);
}
template <>
__device__ inline unsigned char from_float<unsigned char>(float x) {
  return static_cast<unsigned char>(byte_from_float<unsigned char>(x) & 0xffU);
}

/// What products of elements are summed up in: exactly where they are integers.
template <typename T>
struct SumType {
  using Type = float;
};
template <>
struct SumType<signed char> {
  using Type = int;
};
template <>
struct SumType<unsigned char> {
  using Type = int;
};
template <typename T>
using SumOf = typename SumType<T>::Type;

/// The type of what an element is multiplied with: bytes are multiplied with signed ones.
template <typename T>
struct FactorType {
  using Type = T;
};
template <>
struct FactorType<unsigned char> {
  using Type = signed char;
};
template <typename T>
using FactorOf = typename FactorType<T>::Type;

/// Products of bytes that a float sums up exactly: 512 * 255 * 128 is below 2^24.
inline constexpr int kExactProducts = 512;

template <typename A, typename B>
inline constexpr bool kSame = false;
template <typename A>
inline constexpr bool kSame<A, A> = true;

}  // namespace ingot::kernels
