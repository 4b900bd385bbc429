// Bodies of the integer product kernels, compiled once per instruction set.
#pragma once

#include "runtime/cpu/kernels/integer_gemm_table.h"
#include "runtime/cpu/simd_bytes.h"

namespace ingot::INGOT_ISA_NAMESPACE {
namespace {

INGOT_INLINE VecW repeat_pair(const int16_t* pair) {
  int32_t bits;
  __builtin_memcpy(&bits, pair, 4);
  return reinterpret_cast<VecW>(splat_int(bits));
}

// Two vectors of columns by so many rows fill the registers that a set has.
#if INGOT_LANES == 16
constexpr int kTileRows = 12;
#elif INGOT_LANES == 8
constexpr int kTileRows = 6;
#else
constexpr int kTileRows = 4;
#endif
constexpr int kPanelColumns = 2 * kLanes;

template <int kRows, bool kAccumulate>
void multiply_rows(const int16_t* a, int64_t a_stride, const int8_t* panel, int64_t pairs,
                   int32_t* sums, int64_t sums_stride) {
  VecI total[kRows][2];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < 2; ++v) {
      const int32_t* from = sums + r * sums_stride + v * kLanes;
      total[r][v] = kAccumulate ? VecI(*reinterpret_cast<const VecIUnaligned*>(from)) : VecI{};
    }
  }
  for (int64_t k = 0; k < pairs; ++k) {
    const VecW w0 = widen(panel), w1 = widen(panel + 2 * kLanes);
    panel += 4 * kLanes;
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const VecW x = repeat_pair(a + r * a_stride + 2 * k);
      total[r][0] += multiply_pairs(x, w0);
      total[r][1] += multiply_pairs(x, w1);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < 2; ++v) {
      *reinterpret_cast<VecIUnaligned*>(sums + r * sums_stride + v * kLanes) = total[r][v];
    }
  }
}

template <int kRows>
void multiply_some(const int16_t* a, int64_t a_stride, const int8_t* panel, int64_t pairs, int rows,
                   int32_t* sums, int64_t sums_stride, bool accumulate) {
  if (rows == kRows) {
    const auto multiply = accumulate ? multiply_rows<kRows, true> : multiply_rows<kRows, false>;
    multiply(a, a_stride, panel, pairs, sums, sums_stride);
  } else if constexpr (kRows > 1) {
    multiply_some<kRows - 1>(a, a_stride, panel, pairs, rows, sums, sums_stride, accumulate);
  }
}

#if defined(__SSE2__)
INGOT_INLINE __m128i widen_eight(const int8_t* from) {
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
  return _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
}
INGOT_INLINE __m128i widen_eight(const uint8_t* from) {
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
  return _mm_unpacklo_epi8(bytes, _mm_setzero_si128());
}
#endif

template <typename T>
void widen_row(const T* from, int64_t count, int zero, int16_t* to) {
  const VecW shift = VecW{} + static_cast<int16_t>(zero);
  int64_t i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
    *reinterpret_cast<VecWUnaligned*>(to + i) = widen(from + i) - shift;
  }
#if defined(__SSE2__)
  if (i < count && count >= 8) {
    // The last eight overlap what is already there.
    const __m128i shift8 = _mm_set1_epi16(static_cast<int16_t>(zero));
    while (i < count) {
      i = i + 8 <= count ? i : count - 8;
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i),
                       _mm_sub_epi16(widen_eight(from + i), shift8));
      i += 8;
    }
    return;
  }
#endif
  for (; i < count; ++i) to[i] = static_cast<int16_t>(from[i] - zero);
}

INGOT_INLINE VecF residual_at(const float* p) { return load(p); }
INGOT_INLINE VecF residual_at(const int8_t* p) { return to_float(load_as_int(p)); }
INGOT_INLINE VecF residual_at(const uint8_t* p) { return to_float(load_as_int(p)); }

INGOT_INLINE void store_result(float* to, VecF x) { store(to, x); }
INGOT_INLINE void store_result(int8_t* to, VecF x) { store_rounded(to, x); }
INGOT_INLINE void store_result(uint8_t* to, VecF x) { store_rounded(to, x); }

template <typename R, typename Y>
void finish_block(const IntegerFinish& block) {
  constexpr bool kAdds = !__is_same(R, void);
  const VecF low = splat(block.low), high = splat(block.high), factor = splat(block.factor);
  for (int64_t row = 0; row < block.rows; ++row) {
    const int32_t* sums = block.sums + row * block.sums_stride;
    const auto* r = static_cast<const R*>(block.residual);
    if constexpr (kAdds) r += row * block.residual_stride;
    auto* y = static_cast<Y*>(block.output) + row * block.output_stride;
    const auto value = [&](int64_t i, const R* residual) {
      const VecI sum = *reinterpret_cast<const VecIUnaligned*>(sums + i);
      VecF x = fma(to_float(sum), load(block.scale + i), load(block.bias + i));
      if constexpr (kAdds) x = fma(residual_at(residual), factor, x);
      return min(max(x, low), high);
    };
    const auto at = [&](int64_t i) {
      if constexpr (kAdds)
        return r + i;
      else
        return r;
    };
    int64_t i = 0;
    if constexpr (sizeof(Y) == 1) {
      for (; i + 4 * kLanes <= block.columns; i += 4 * kLanes) {
        store_rounded(y + i, value(i, at(i)), value(i + kLanes, at(i + kLanes)),
                      value(i + 2 * kLanes, at(i + 2 * kLanes)),
                      value(i + 3 * kLanes, at(i + 3 * kLanes)));
      }
    }
    for (; i + kLanes <= block.columns; i += kLanes) store_result(y + i, value(i, at(i)));
    if (i == block.columns) continue;
    const auto rest = static_cast<size_t>(block.columns - i);
    Y some[kLanes];
    if constexpr (kAdds) {
      R padded[kLanes] = {};
      __builtin_memcpy(padded, r + i, rest * sizeof(R));
      store_result(some, value(i, padded));
    } else {
      store_result(some, value(i, r));
    }
    __builtin_memcpy(y + i, some, rest * sizeof(Y));
  }
}

template <typename Y>
void finish_with(const IntegerFinish& block) {
  if (block.residual == nullptr) return finish_block<void, Y>(block);
  if (block.residual_dtype == DType::kI8) return finish_block<int8_t, Y>(block);
  if (block.residual_dtype == DType::kU8) return finish_block<uint8_t, Y>(block);
  return finish_block<float, Y>(block);
}

void finish(const IntegerFinish& block) {
  if (block.output_dtype == DType::kI8) return finish_with<int8_t>(block);
  if (block.output_dtype == DType::kU8) return finish_with<uint8_t>(block);
  return finish_with<float>(block);
}

void quantize(const float* x, int64_t count, float scale, float zero, uint8_t* y) {
  const VecF divisor = splat(scale), shift = splat(zero);
  const auto value = [&](VecF a) { return round(a / divisor) + shift; };
  int64_t i = 0;
  for (; i + 4 * kLanes <= count; i += 4 * kLanes) {
    store_rounded(y + i, value(load(x + i)), value(load(x + i + kLanes)),
                  value(load(x + i + 2 * kLanes)), value(load(x + i + 3 * kLanes)));
  }
  for (; i < count; i += kLanes) {
    const int64_t left = count - i < kLanes ? count - i : kLanes;
    uint8_t some[kLanes];
    store_rounded(some, value(left < kLanes ? load_some(x + i, left) : load(x + i)));
    __builtin_memcpy(y + i, some, static_cast<size_t>(left));
  }
}

}  // namespace

extern const IntegerGemmTable integer_gemm_table = {
    .tile_rows = kTileRows,
    .panel_columns = kPanelColumns,
    .multiply = multiply_some<kTileRows>,
    .widen_signed = widen_row<int8_t>,
    .widen_unsigned = widen_row<uint8_t>,
    .finish = finish,
    .quantize = quantize,
};

}  // namespace ingot::INGOT_ISA_NAMESPACE
