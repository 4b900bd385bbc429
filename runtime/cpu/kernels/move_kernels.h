// Bodies of the inner loops of data movement, compiled once per instruction set.
#pragma once

#include "runtime/cpu/kernels/move_table.h"
#include "runtime/cpu/simd.h"

namespace ingot::INGOT_ISA_NAMESPACE {
namespace {

/// Rows of a size that the compiler knows become a few vector moves.
template <int kBytes>
void copy_rows_of(const char* from, int64_t from_stride, char* to, int64_t to_stride,
                  int64_t rows) {
  for (int64_t row = 0; row < rows; ++row) {
    __builtin_memcpy(to + row * to_stride, from + row * from_stride, kBytes);
  }
}

void copy_rows(const char* from, int64_t from_stride, char* to, int64_t to_stride, int64_t rows,
               int64_t bytes) {
  switch (bytes) {
    case 4:
      return copy_rows_of<4>(from, from_stride, to, to_stride, rows);
    case 8:
      return copy_rows_of<8>(from, from_stride, to, to_stride, rows);
    case 16:
      return copy_rows_of<16>(from, from_stride, to, to_stride, rows);
    case 32:
      return copy_rows_of<32>(from, from_stride, to, to_stride, rows);
    case 64:
      return copy_rows_of<64>(from, from_stride, to, to_stride, rows);
    case 128:
      return copy_rows_of<128>(from, from_stride, to, to_stride, rows);
    default:
      break;
  }
  for (int64_t row = 0; row < rows; ++row) {
    __builtin_memcpy(to + row * to_stride, from + row * from_stride, static_cast<size_t>(bytes));
  }
}

/// Elements are moved by memcpy: wide ones may stand where only their parts are aligned.
template <int kBytes>
INGOT_INLINE void move_element(const char* from, char* to) {
  __builtin_memcpy(to, from, kBytes);
}

template <int kBytes>
INGOT_INLINE void transpose_elements(const char* from, int64_t from_stride, char* to,
                                     int64_t to_stride, int64_t count_a, int64_t count_b) {
  for (int64_t b = 0; b < count_b; ++b) {
    for (int64_t a = 0; a < count_a; ++a) {
      move_element<kBytes>(from + (a * from_stride + b) * kBytes,
                           to + (b * to_stride + a) * kBytes);
    }
  }
}

/// A square of 8 elements each way.
template <int kBytes>
INGOT_INLINE void transpose_square(const char* from, int64_t from_stride, char* to,
                                   int64_t to_stride) {
  transpose_elements<kBytes>(from, from_stride, to, to_stride, 8, 8);
}

#if defined(__AVX2__)
template <>
INGOT_INLINE void transpose_square<4>(const char* from, int64_t from_stride, char* to,
                                      int64_t to_stride) {
  const auto* x = reinterpret_cast<const float*>(from);
  auto* y = reinterpret_cast<float*>(to);
  // Halves are loaded crosswise, so that the exchange between 128-bit lanes costs no shuffle.
  __m256 r[8], s[8];
  for (int i = 0; i < 4; ++i) {
    r[i] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(x + i * from_stride)),
                                _mm_loadu_ps(x + (i + 4) * from_stride), 1);
    r[i + 4] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(x + i * from_stride + 4)),
                                    _mm_loadu_ps(x + (i + 4) * from_stride + 4), 1);
  }
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
  for (int i = 0; i < 8; ++i) _mm256_storeu_ps(y + i * to_stride, s[i]);
}
#endif

#if defined(__SSE2__)
template <>
INGOT_INLINE void transpose_square<2>(const char* from, int64_t from_stride, char* to,
                                      int64_t to_stride) {
  __m128i r[8], s[8];
  for (int i = 0; i < 8; ++i) {
    r[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i * from_stride * 2));
  }
  for (int i = 0; i < 4; ++i) {
    s[i] = _mm_unpacklo_epi16(r[2 * i], r[2 * i + 1]);
    s[i + 4] = _mm_unpackhi_epi16(r[2 * i], r[2 * i + 1]);
  }
  for (int half = 0; half < 8; half += 4) {
    r[half] = _mm_unpacklo_epi32(s[half], s[half + 1]);
    r[half + 1] = _mm_unpackhi_epi32(s[half], s[half + 1]);
    r[half + 2] = _mm_unpacklo_epi32(s[half + 2], s[half + 3]);
    r[half + 3] = _mm_unpackhi_epi32(s[half + 2], s[half + 3]);
  }
  for (int half = 0; half < 8; half += 4) {
    s[half] = _mm_unpacklo_epi64(r[half], r[half + 2]);
    s[half + 1] = _mm_unpackhi_epi64(r[half], r[half + 2]);
    s[half + 2] = _mm_unpacklo_epi64(r[half + 1], r[half + 3]);
    s[half + 3] = _mm_unpackhi_epi64(r[half + 1], r[half + 3]);
  }
  for (int i = 0; i < 8; ++i) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i * to_stride * 2), s[i]);
  }
}
#endif

/// A stripe of one cache line of the source at a time: read once, written as that many streams.
template <int kBytes>
void transpose_of(const char* from, int64_t from_stride, char* to, int64_t to_stride,
                  int64_t count_a, int64_t count_b) {
  constexpr int64_t kStripe = kBytes <= 4 ? 64 / kBytes : 8;
  const auto source = [=](int64_t a, int64_t b) { return from + (a * from_stride + b) * kBytes; };
  const auto target = [=](int64_t a, int64_t b) { return to + (b * to_stride + a) * kBytes; };
  for (int64_t b0 = 0; b0 < count_b; b0 += kStripe) {
    const int64_t end = b0 + (count_b - b0 < kStripe ? count_b - b0 : kStripe);
    int64_t a = 0;
    for (; a + 8 <= count_a; a += 8) {
      int64_t b = b0;
      for (; b + 8 <= end; b += 8) {
        transpose_square<kBytes>(source(a, b), from_stride, target(a, b), to_stride);
      }
      if (b < end) {
        transpose_elements<kBytes>(source(a, b), from_stride, target(a, b), to_stride, 8, end - b);
      }
    }
    if (a < count_a) {
      transpose_elements<kBytes>(source(a, b0), from_stride, target(a, b0), to_stride, count_a - a,
                                 end - b0);
    }
  }
}

void transpose(int element_bytes, const char* from, int64_t from_stride, char* to,
               int64_t to_stride, int64_t count_a, int64_t count_b) {
  switch (element_bytes) {
    case 1:
      return transpose_of<1>(from, from_stride, to, to_stride, count_a, count_b);
    case 2:
      return transpose_of<2>(from, from_stride, to, to_stride, count_a, count_b);
    case 4:
      return transpose_of<4>(from, from_stride, to, to_stride, count_a, count_b);
    case 8:
      return transpose_of<8>(from, from_stride, to, to_stride, count_a, count_b);
    default:
      return transpose_of<16>(from, from_stride, to, to_stride, count_a, count_b);
  }
}

template <int kBytes>
void copy_strided_of(const char* from, int64_t from_stride, char* to, int64_t to_stride,
                     int64_t count) {
  if (from_stride == 0 && to_stride == 1) {
    char x[kBytes];
    move_element<kBytes>(from, x);
    for (int64_t i = 0; i < count; ++i) move_element<kBytes>(x, to + i * kBytes);
    return;
  }
  for (int64_t i = 0; i < count; ++i) {
    move_element<kBytes>(from + i * from_stride * kBytes, to + i * to_stride * kBytes);
  }
}

void copy_strided(int element_bytes, const char* from, int64_t from_stride, char* to,
                  int64_t to_stride, int64_t count) {
  switch (element_bytes) {
    case 1:
      return copy_strided_of<1>(from, from_stride, to, to_stride, count);
    case 2:
      return copy_strided_of<2>(from, from_stride, to, to_stride, count);
    case 4:
      return copy_strided_of<4>(from, from_stride, to, to_stride, count);
    case 8:
      return copy_strided_of<8>(from, from_stride, to, to_stride, count);
    default:
      return copy_strided_of<16>(from, from_stride, to, to_stride, count);
  }
}

}  // namespace

extern const MoveTable moves_table = {
    .copy_rows = copy_rows,
    .transpose = transpose,
    .copy_strided = copy_strided,
};

}  // namespace ingot::INGOT_ISA_NAMESPACE
