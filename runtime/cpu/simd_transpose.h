// Squares of 8 by 8 floats transposed in registers.
#pragma once

#include "runtime/cpu/simd.h"

namespace ingot::INGOT_ISA_NAMESPACE {

#if defined(__AVX2__)
INGOT_INLINE void transpose8_registers(__m256 (&r)[8]) {
  __m256 s[8];
#pragma GCC unroll 2
  for (int half = 0; half < 8; half += 4) {
    const __m256 a = _mm256_unpacklo_ps(r[half], r[half + 1]);
    const __m256 b = _mm256_unpackhi_ps(r[half], r[half + 1]);
    const __m256 c = _mm256_unpacklo_ps(r[half + 2], r[half + 3]);
    const __m256 d = _mm256_unpackhi_ps(r[half + 2], r[half + 3]);
    s[half] = _mm256_shuffle_ps(a, c, 0x44);
    s[half + 1] = _mm256_shuffle_ps(a, c, 0xee);
    s[half + 2] = _mm256_shuffle_ps(b, d, 0x44);
    s[half + 3] = _mm256_shuffle_ps(b, d, 0xee);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    r[i] = _mm256_permute2f128_ps(s[i], s[i + 4], 0x20);
    r[i + 4] = _mm256_permute2f128_ps(s[i], s[i + 4], 0x31);
  }
}
#endif

/// to[b * to_stride + a] = from[a * from_stride + b] for a, b < 8.
INGOT_INLINE void transpose8(const float* from, int64_t from_stride, float* to, int64_t to_stride) {
#if defined(__AVX2__)
  // Halves are loaded crosswise, so that the exchange between 128-bit lanes costs no shuffle.
  __m256 r[8], s[8];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    r[i] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(from + i * from_stride)),
                                _mm_loadu_ps(from + (i + 4) * from_stride), 1);
    r[i + 4] =
        _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(from + i * from_stride + 4)),
                             _mm_loadu_ps(from + (i + 4) * from_stride + 4), 1);
  }
#pragma GCC unroll 2
  for (int half = 0; half < 8; half += 4) {
    const __m256 a = _mm256_unpacklo_ps(r[half], r[half + 1]);
    const __m256 b = _mm256_unpackhi_ps(r[half], r[half + 1]);
    const __m256 c = _mm256_unpacklo_ps(r[half + 2], r[half + 3]);
    const __m256 d = _mm256_unpackhi_ps(r[half + 2], r[half + 3]);
    s[half] = _mm256_shuffle_ps(a, c, 0x44);
    s[half + 1] = _mm256_shuffle_ps(a, c, 0xee);
    s[half + 2] = _mm256_shuffle_ps(b, d, 0x44);
    s[half + 3] = _mm256_shuffle_ps(b, d, 0xee);
  }
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) _mm256_storeu_ps(to + i * to_stride, s[i]);
#else
  for (int b = 0; b < 8; ++b) {
    for (int a = 0; a < 8; ++a) to[b * to_stride + a] = from[a * from_stride + b];
  }
#endif
}

}  // namespace ingot::INGOT_ISA_NAMESPACE
