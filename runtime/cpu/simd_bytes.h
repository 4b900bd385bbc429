// Vectors of 8-bit integers as floats and back, and as 16-bit numbers whose products add up exactly.
// Storing rounds halves to even and saturates; NaN becomes 0, as everywhere in Ingot.
#pragma once

#include "runtime/cpu/simd.h"

namespace ingot::INGOT_ISA_NAMESPACE {

INGOT_INLINE VecI load_as_int(const int8_t* from) {
#if defined(__AVX512F__)
  return reinterpret_cast<VecI>(
      _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
#elif defined(__AVX2__)
  return reinterpret_cast<VecI>(
      _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))));
#else
  return VecI{from[0], from[1], from[2], from[3]};
#endif
}
INGOT_INLINE VecI load_as_int(const uint8_t* from) {
#if defined(__AVX512F__)
  return reinterpret_cast<VecI>(
      _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
#elif defined(__AVX2__)
  return reinterpret_cast<VecI>(
      _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))));
#else
  return VecI{from[0], from[1], from[2], from[3]};
#endif
}

template <typename T>
struct ByteLimits;
template <>
struct ByteLimits<int8_t> {
  static constexpr float kLow = -128, kHigh = 127;
};
template <>
struct ByteLimits<uint8_t> {
  static constexpr float kLow = 0, kHigh = 255;
};

/// Whole numbers within the limits of T, or (from -infinity) below both limits.
template <typename T>
INGOT_INLINE VecI rounded_to_int(VecF x) {
  // `min` keeps a NaN in its second operand; converted it would be the smallest number.
  x = min(splat(ByteLimits<T>::kHigh), x);
  if constexpr (ByteLimits<T>::kLow < 0) x = from_bits(bits_of(x) & (x == x));
#if defined(__AVX512F__)
  return reinterpret_cast<VecI>(_mm512_cvtps_epi32(x));
#elif defined(__AVX2__)
  return reinterpret_cast<VecI>(_mm256_cvtps_epi32(x));
#elif defined(__SSE2__)
  return reinterpret_cast<VecI>(_mm_cvtps_epi32(x));
#else
  const VecF low = splat(ByteLimits<T>::kLow);
  return to_int(round(blend(x > low, x, low)));
#endif
}

template <typename T>
INGOT_INLINE void store_rounded(T* to, VecF x) {
  const VecI whole = rounded_to_int<T>(x);
#if defined(__AVX512F__)
  const auto bits = reinterpret_cast<__m512i>(whole);
  const __m128i bytes =
      ByteLimits<T>::kLow < 0
          ? _mm512_cvtsepi32_epi8(bits)
          : _mm512_cvtusepi32_epi8(_mm512_max_epi32(bits, _mm512_setzero_si512()));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
#elif defined(__AVX2__)
  const auto bits = reinterpret_cast<__m256i>(whole);
  const __m128i words =
      _mm_packs_epi32(_mm256_castsi256_si128(bits), _mm256_extracti128_si256(bits, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to), ByteLimits<T>::kLow < 0
                                                       ? _mm_packs_epi16(words, words)
                                                       : _mm_packus_epi16(words, words));
#elif defined(__SSE2__)
  const auto bits = reinterpret_cast<__m128i>(whole);
  const __m128i words = _mm_packs_epi32(bits, bits);
  const __m128i bytes =
      ByteLimits<T>::kLow < 0 ? _mm_packs_epi16(words, words) : _mm_packus_epi16(words, words);
  const int32_t four = _mm_cvtsi128_si32(bytes);
  __builtin_memcpy(to, &four, 4);
#else
  for (int i = 0; i < kLanes; ++i) to[i] = static_cast<T>(whole[i]);
#endif
}

/// Four vectors side by side: fewer packs where a vector has eight lanes.
template <typename T>
INGOT_INLINE void store_rounded(T* to, VecF a, VecF b, VecF c, VecF d) {
#if defined(__AVX2__) && !defined(__AVX512F__)
  const auto bits = [](VecF x) { return reinterpret_cast<__m256i>(rounded_to_int<T>(x)); };
  const __m256i low = _mm256_packs_epi32(bits(a), bits(b));
  const __m256i high = _mm256_packs_epi32(bits(c), bits(d));
  const __m256i mixed =
      ByteLimits<T>::kLow < 0 ? _mm256_packs_epi16(low, high) : _mm256_packus_epi16(low, high);
  // Packing worked within halves: put the fours back in order.
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_permutevar8x32_epi32(mixed, order));
#else
  store_rounded(to, a);
  store_rounded(to + kLanes, b);
  store_rounded(to + 2 * kLanes, c);
  store_rounded(to + 3 * kLanes, d);
#endif
}

/// Pairs of 16-bit numbers, a pair a lane of 32 bits.
typedef int16_t VecW __attribute__((vector_size(4 * INGOT_LANES)));
typedef int16_t VecWUnaligned __attribute__((vector_size(4 * INGOT_LANES), aligned(2), may_alias));

/// As many bytes as a vector has 16-bit numbers.
INGOT_INLINE VecW widen(const int8_t* from) {
#if defined(__AVX512BW__)
  return reinterpret_cast<VecW>(
      _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))));
#elif defined(__AVX2__)
  return reinterpret_cast<VecW>(
      _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
#elif defined(__SSE2__)
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
  return reinterpret_cast<VecW>(_mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8));
#else
  VecW words{};
  for (int i = 0; i < 2 * kLanes; ++i) words[i] = from[i];
  return words;
#endif
}
INGOT_INLINE VecW widen(const uint8_t* from) {
#if defined(__AVX512BW__)
  return reinterpret_cast<VecW>(
      _mm512_cvtepu8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))));
#elif defined(__AVX2__)
  return reinterpret_cast<VecW>(
      _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
#elif defined(__SSE2__)
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
  return reinterpret_cast<VecW>(_mm_unpacklo_epi8(bytes, _mm_setzero_si128()));
#else
  VecW words{};
  for (int i = 0; i < 2 * kLanes; ++i) words[i] = from[i];
  return words;
#endif
}

/// a0 * b0 + a1 * b1 of the two 16-bit numbers of each lane.
INGOT_INLINE VecI multiply_pairs(VecW a, VecW b) {
#if defined(__AVX512BW__)
  return reinterpret_cast<VecI>(
      _mm512_madd_epi16(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#elif defined(__AVX2__)
  return reinterpret_cast<VecI>(
      _mm256_madd_epi16(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
#elif defined(__SSE2__)
  return reinterpret_cast<VecI>(
      _mm_madd_epi16(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(b)));
#else
  VecI sums;
  for (int i = 0; i < kLanes; ++i) sums[i] = a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1];
  return sums;
#endif
}

}  // namespace ingot::INGOT_ISA_NAMESPACE
