// Bodies of the inner loops of data movement, compiled once per instruction set.
#pragma once

#include "runtime/cpu/kernels/move_table.h"
#include "runtime/cpu/simd_transpose.h"

namespace ingot::INGOT_ISA_NAMESPACE {
namespace {

/// Rows of a size that the compiler knows become a few vector moves.
template <int kBytes>
void copy_rows_of(const char* from, char* to, const RowLoops& loops) {
  for (int64_t i = 0; i < loops.outer; ++i) {
    const char* x = from + i * loops.outer_from;
    char* y = to + i * loops.outer_to;
    for (int64_t row = 0; row < loops.rows; ++row) {
      __builtin_memcpy(y + row * loops.to, x + row * loops.from, kBytes);
    }
  }
}

void copy_rows(const char* from, char* to, const RowLoops& loops) {
  switch (loops.bytes) {
    case 4:
      return copy_rows_of<4>(from, to, loops);
    case 8:
      return copy_rows_of<8>(from, to, loops);
    case 16:
      return copy_rows_of<16>(from, to, loops);
    case 32:
      return copy_rows_of<32>(from, to, loops);
    case 64:
      return copy_rows_of<64>(from, to, loops);
    case 128:
      return copy_rows_of<128>(from, to, loops);
    default:
      break;
  }
  for (int64_t i = 0; i < loops.outer; ++i) {
    const char* x = from + i * loops.outer_from;
    char* y = to + i * loops.outer_to;
    for (int64_t row = 0; row < loops.rows; ++row) {
      __builtin_memcpy(y + row * loops.to, x + row * loops.from, static_cast<size_t>(loops.bytes));
    }
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
  transpose8(reinterpret_cast<const float*>(from), from_stride, reinterpret_cast<float*>(to),
             to_stride);
}
#endif

#if defined(__SSE2__)
template <>
INGOT_INLINE void transpose_square<1>(const char* from, int64_t from_stride, char* to,
                                      int64_t to_stride) {
  __m128i rows[8], pairs[4], fours[4];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    rows[i] = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from + i * from_stride));
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) pairs[i] = _mm_unpacklo_epi8(rows[2 * i], rows[2 * i + 1]);
#pragma GCC unroll 2
  for (int i = 0; i < 2; ++i) {
    fours[i] = _mm_unpacklo_epi16(pairs[2 * i], pairs[2 * i + 1]);
    fours[i + 2] = _mm_unpackhi_epi16(pairs[2 * i], pairs[2 * i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const __m128i upper = fours[i / 2 * 2], lower = fours[i / 2 * 2 + 1];
    const __m128i two =
        i % 2 == 0 ? _mm_unpacklo_epi32(upper, lower) : _mm_unpackhi_epi32(upper, lower);
    auto* first = reinterpret_cast<__m128i*>(to + int64_t{2} * i * to_stride);
    auto* second = reinterpret_cast<__m128i*>(to + (int64_t{2} * i + 1) * to_stride);
    _mm_storel_epi64(first, two);
    _mm_storel_epi64(second, _mm_unpackhi_epi64(two, two));
  }
}

template <>
INGOT_INLINE void transpose_square<2>(const char* from, int64_t from_stride, char* to,
                                      int64_t to_stride) {
  __m128i r[8], s[8];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    r[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i * from_stride * 2));
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    s[i] = _mm_unpacklo_epi16(r[2 * i], r[2 * i + 1]);
    s[i + 4] = _mm_unpackhi_epi16(r[2 * i], r[2 * i + 1]);
  }
#pragma GCC unroll 2
  for (int half = 0; half < 8; half += 4) {
    r[half] = _mm_unpacklo_epi32(s[half], s[half + 1]);
    r[half + 1] = _mm_unpackhi_epi32(s[half], s[half + 1]);
    r[half + 2] = _mm_unpacklo_epi32(s[half + 2], s[half + 3]);
    r[half + 3] = _mm_unpackhi_epi32(s[half + 2], s[half + 3]);
  }
#pragma GCC unroll 2
  for (int half = 0; half < 8; half += 4) {
    s[half] = _mm_unpacklo_epi64(r[half], r[half + 2]);
    s[half + 1] = _mm_unpackhi_epi64(r[half], r[half + 2]);
    s[half + 2] = _mm_unpacklo_epi64(r[half + 1], r[half + 3]);
    s[half + 3] = _mm_unpackhi_epi64(r[half + 1], r[half + 3]);
  }
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i * to_stride * 2), s[i]);
  }
}
#endif

#if defined(__AVX2__)
/// Fewer than 8 rows of floats to columns that lie side by side (3 planes to pixels): each store
/// writes 8 floats, of which the next ones overwrite those too many. Gives how far it came.
template <int kCount>
int64_t interleave_rows(const float* from, int64_t from_stride, float* to, int64_t count) {
  int64_t b = 0;
  // The last stores would reach past the end, where another thread may be at work.
  for (; (b + 7) * kCount + 8 <= count * kCount; b += 8) {
    __m256 r[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      r[i] = i < kCount ? _mm256_loadu_ps(from + i * from_stride + b) : _mm256_setzero_ps();
    }
    transpose8_registers(r);
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) _mm256_storeu_ps(to + (b + i) * kCount, r[i]);
  }
  return b;
}

int64_t interleave(const char* from_bytes, int64_t from_stride, char* to_bytes, int64_t count_a,
                   int64_t count_b) {
  const auto* from = reinterpret_cast<const float*>(from_bytes);
  auto* to = reinterpret_cast<float*>(to_bytes);
  switch (count_a) {
    case 2:
      return interleave_rows<2>(from, from_stride, to, count_b);
    case 3:
      return interleave_rows<3>(from, from_stride, to, count_b);
    case 4:
      return interleave_rows<4>(from, from_stride, to, count_b);
    case 6:
      return interleave_rows<6>(from, from_stride, to, count_b);
    default:
      return 0;
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
  int64_t b0 = 0;
#if defined(__AVX2__)
  if (kBytes == 4 && to_stride == count_a) {
    b0 = interleave(from, from_stride, to, count_a, count_b);
  }
#endif
  for (; b0 < count_b; b0 += kStripe) {
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
