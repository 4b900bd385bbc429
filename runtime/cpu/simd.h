// Vectors of floats in the width of the translation unit's instruction set: 16 lanes with AVX-512,
// 8 with AVX2, else 4. Arithmetic and comparison are the compiler's own operators on vector types.
//
// Everything stands in a namespace of its instruction set, so that the linker never mixes the same
// function compiled for two of them. Kernel sources keep away from inline functions of others for
// the same reason.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// GCC 12 takes its own _mm256_undefined_si256 for a mistake of ours (GCC bug 105593).
#if defined(__AVX512F__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#if defined(__AVX512F__)
#define INGOT_ISA_NAMESPACE avx512
#define INGOT_LANES 16
#elif defined(__AVX2__)
#define INGOT_ISA_NAMESPACE avx2
#define INGOT_LANES 8
#else
#define INGOT_ISA_NAMESPACE generic
#define INGOT_LANES 4
#endif

#define INGOT_INLINE inline __attribute__((always_inline))

namespace ingot::INGOT_ISA_NAMESPACE {

inline constexpr int kLanes = INGOT_LANES;

typedef float VecF __attribute__((vector_size(4 * INGOT_LANES)));
typedef int32_t VecI __attribute__((vector_size(4 * INGOT_LANES)));
typedef uint32_t VecU __attribute__((vector_size(4 * INGOT_LANES)));
typedef float VecFUnaligned __attribute__((vector_size(4 * INGOT_LANES), aligned(4), may_alias));
typedef int32_t VecIUnaligned __attribute__((vector_size(4 * INGOT_LANES), aligned(4), may_alias));

INGOT_INLINE VecF load(const float* from) { return *reinterpret_cast<const VecFUnaligned*>(from); }
INGOT_INLINE void store(float* to, VecF x) { *reinterpret_cast<VecFUnaligned*>(to) = x; }

INGOT_INLINE VecF splat(float x) {
#if defined(__AVX512F__)
  return _mm512_set1_ps(x);
#elif defined(__AVX2__)
  return _mm256_set1_ps(x);
#else
  return VecF{x, x, x, x};
#endif
}
INGOT_INLINE VecI splat_int(int32_t x) { return VecI{} + x; }

/// The first `count` lanes (fewer than kLanes); the others are 0.
INGOT_INLINE VecF load_some(const float* from, int64_t count) {
#if defined(__AVX512F__)
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1U << count) - 1), from);
#elif defined(__AVX2__)
  static constexpr int32_t kMasks[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
  const auto* mask = reinterpret_cast<const __m256i*>(kMasks + kLanes - count);
  return _mm256_maskload_ps(from, _mm256_loadu_si256(mask));
#else
  VecF x{};
  for (int64_t i = 0; i < count; ++i) x[i] = from[i];
  return x;
#endif
}
/// The same with `filler` in the others.
INGOT_INLINE VecF load_some_or(const float* from, int64_t count, float filler) {
  VecI lane;
  for (int i = 0; i < kLanes; ++i) lane[i] = i;
  const VecI inside = lane < static_cast<int32_t>(count);
  return inside ? load_some(from, count) : splat(filler);
}
INGOT_INLINE void store_some(float* to, VecF x, int64_t count) {
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1U << count) - 1), x);
#else
  // Masked stores are slow on some processors that have AVX2 alone.
  alignas(64) float lanes[kLanes];
  *reinterpret_cast<VecF*>(lanes) = x;
  for (int64_t i = 0; i < count; ++i) to[i] = lanes[i];
#endif
}

INGOT_INLINE VecI bits_of(VecF x) { return reinterpret_cast<VecI>(x); }
INGOT_INLINE VecF from_bits(VecI x) { return reinterpret_cast<VecF>(x); }
INGOT_INLINE VecI to_int(VecF x) { return __builtin_convertvector(x, VecI); }  ///< truncates
INGOT_INLINE VecF to_float(VecI x) { return __builtin_convertvector(x, VecF); }

INGOT_INLINE VecI wrapping_subtract(VecI a, VecI b) {
  return reinterpret_cast<VecI>(reinterpret_cast<VecU>(a) - reinterpret_cast<VecU>(b));
}

/// mask ? a : b, where lanes of the mask are 0 or -1 (what comparisons give).
INGOT_INLINE VecF blend(VecI mask, VecF a, VecF b) { return mask ? a : b; }
/// 1 where the mask is set, else 0.
INGOT_INLINE VecF one_where(VecI mask) { return from_bits(mask & bits_of(splat(1))); }

/// a * b + c, rounded once where the instruction exists.
INGOT_INLINE VecF fma(VecF a, VecF b, VecF c) {
#if defined(__AVX512F__)
  return _mm512_fmadd_ps(a, b, c);
#elif defined(__AVX2__)
  return _mm256_fmadd_ps(a, b, c);
#else
  return a * b + c;
#endif
}

/// The smaller; b if either is NaN.
INGOT_INLINE VecF min(VecF a, VecF b) {
#if defined(__AVX512F__)
  return _mm512_min_ps(a, b);
#elif defined(__AVX2__)
  return _mm256_min_ps(a, b);
#else
  return a < b ? a : b;
#endif
}
/// The greater; b if either is NaN.
INGOT_INLINE VecF max(VecF a, VecF b) {
#if defined(__AVX512F__)
  return _mm512_max_ps(a, b);
#elif defined(__AVX2__)
  return _mm256_max_ps(a, b);
#else
  return a > b ? a : b;
#endif
}

INGOT_INLINE VecF sqrt(VecF x) {
#if defined(__AVX512F__)
  return _mm512_sqrt_ps(x);
#elif defined(__AVX2__)
  return _mm256_sqrt_ps(x);
#elif defined(__SSE2__)
  return _mm_sqrt_ps(x);
#else
  for (int i = 0; i < kLanes; ++i) x[i] = __builtin_sqrtf(x[i]);
  return x;
#endif
}

/// To the nearest integer, halves to even.
INGOT_INLINE VecF round(VecF x) {
#if defined(__AVX512F__)
  return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#elif defined(__AVX2__)
  return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#else
  // Adding and subtracting 2^23 leaves no room for a fraction.
  const VecI sign = bits_of(x) & splat_int(INT32_MIN);
  const VecF magnitude = from_bits(bits_of(x) & splat_int(INT32_MAX));
  const VecF rounded = (magnitude + 8388608.0F) - 8388608.0F;
  return blend(magnitude < 8388608.0F, from_bits(bits_of(rounded) | sign), x);
#endif
}
INGOT_INLINE VecF floor(VecF x) {
#if defined(__AVX512F__)
  return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
#elif defined(__AVX2__)
  return _mm256_floor_ps(x);
#else
  const VecF rounded = round(x);
  return rounded - one_where(rounded > x);
#endif
}

INGOT_INLINE VecF abs(VecF x) { return from_bits(bits_of(x) & splat_int(INT32_MAX)); }
INGOT_INLINE VecF copy_sign(VecF magnitude, VecF sign) {
  const VecI top = splat_int(INT32_MIN);
  return from_bits((bits_of(magnitude) & ~top) | (bits_of(sign) & top));
}

INGOT_INLINE float sum(VecF x) {
#if INGOT_LANES == 16
  return _mm512_reduce_add_ps(x);
#elif INGOT_LANES == 8
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
#else
  return (x[0] + x[2]) + (x[1] + x[3]);
#endif
}
INGOT_INLINE float largest(VecF x) {
  float result = x[0];
  for (int i = 1; i < kLanes; ++i) result = result > x[i] ? result : x[i];
  return result;
}

// 16-bit floats are moved as their bits.
typedef uint16_t VecHalf __attribute__((vector_size(2 * INGOT_LANES)));
typedef uint16_t VecHalfUnaligned
    __attribute__((vector_size(2 * INGOT_LANES), aligned(2), may_alias));

INGOT_INLINE VecF load_f16(const uint16_t* from) {
#if defined(__AVX512F__)
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
#elif defined(__AVX2__)
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
#else
  VecF x;
  for (int i = 0; i < kLanes; ++i) {
    _Float16 half;
    __builtin_memcpy(&half, from + i, 2);
    x[i] = static_cast<float>(half);
  }
  return x;
#endif
}
INGOT_INLINE void store_f16(uint16_t* to, VecF x) {
#if defined(__AVX512F__)
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                      _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#elif defined(__AVX2__)
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
#else
  for (int i = 0; i < kLanes; ++i) {
    const auto half = static_cast<_Float16>(x[i]);
    __builtin_memcpy(to + i, &half, 2);
  }
#endif
}

INGOT_INLINE VecF load_bf16(const uint16_t* from) {
  const VecHalf bits = *reinterpret_cast<const VecHalfUnaligned*>(from);
  return reinterpret_cast<VecF>(__builtin_convertvector(bits, VecU) << 16);
}
INGOT_INLINE void store_bf16(uint16_t* to, VecF x) {
  const VecU bits = reinterpret_cast<VecU>(x);
  const VecU rounded = (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16;
  const VecU nan = (bits >> 16) | 0x40U;
  const VecU chosen = (x != x) ? nan : rounded;
  *reinterpret_cast<VecHalfUnaligned*>(to) = __builtin_convertvector(chosen, VecHalf);
}

}  // namespace ingot::INGOT_ISA_NAMESPACE
