// Bodies of the float product kernels, compiled once per instruction set.
#pragma once

#include "runtime/cpu/kernels/float_gemm_table.h"
#include "runtime/cpu/simd.h"

namespace ingot::INGOT_ISA_NAMESPACE {
namespace {

// Two vectors of columns by so many rows fill the registers that a set has.
#if INGOT_LANES == 16
constexpr int kTileRows = 12;
#elif INGOT_LANES == 8
constexpr int kTileRows = 6;
#else
constexpr int kTileRows = 4;
#endif
constexpr int kPanelColumns = 2 * kLanes;
constexpr int64_t kLineFloats = 16;

/// Vector v of a row that has `columns` left; the panel's last columns may not be there.
template <bool kWhole>
INGOT_INLINE VecF load_columns(const float* row, int v, int columns) {
  const int left = columns - v * kLanes;
  if (kWhole || left >= kLanes) return load(row + v * kLanes);
  return left > 0 ? load_some(row + v * kLanes, left) : VecF{};
}
template <bool kWhole>
INGOT_INLINE void store_columns(float* row, int v, int columns, VecF x) {
  const int left = columns - v * kLanes;
  if (kWhole || left >= kLanes) return store(row + v * kLanes, x);
  if (left > 0) store_some(row + v * kLanes, x, left);
}

template <int kRows, bool kWhole>
void multiply_rows(const FloatTile& t) {
  VecF total[kRows][2];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < 2; ++v) {
      total[r][v] = t.start != nullptr ? load(t.start + v * kLanes)
                                       : load_columns<kWhole>(t.y + r * t.y_stride, v, t.columns);
    }
  }
  const float* a = t.a;
  const float* panel = t.panel;
  const int64_t stride = t.a_stride;
  const auto step = [&]() __attribute__((always_inline)) {
    const VecF w0 = load(panel), w1 = load(panel + kLanes);
    panel += 2 * kLanes;
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const VecF x = splat(a[r * stride]);
      total[r][0] = fma(x, w0, total[r][0]);
      total[r][1] = fma(x, w1, total[r][1]);
    }
    ++a;
  };
  // What comes next is asked for little by little: a burst of requests would stop the loads.
  constexpr int kSteps = 8;
  const int64_t rounds = t.k / kSteps;
  const float *ahead = t.ahead, *end = t.ahead + t.lines_ahead * kLineFloats;
  const int64_t lines_a_round = rounds > 0 ? (t.lines_ahead + rounds - 1) / rounds : 0;
  for (int64_t round = 0; round < rounds; ++round) {
    for (int64_t i = 0; i < lines_a_round && ahead < end; ++i, ahead += kLineFloats) {
      __builtin_prefetch(ahead, 0, 3);
    }
#pragma GCC unroll 8
    for (int i = 0; i < kSteps; ++i) step();
  }
  for (int64_t k = rounds * kSteps; k < t.k; ++k) step();
  if (t.residual != nullptr) {
    const VecF factor = splat(t.factor);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const float* from = t.residual + r * t.residual_stride;
#pragma GCC unroll 2
      for (int v = 0; v < 2; ++v) {
        total[r][v] = fma(load_columns<kWhole>(from, v, t.columns), factor, total[r][v]);
      }
    }
  }
  if (t.limited) {
    const VecF low = splat(t.low), high = splat(t.high);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
      for (int v = 0; v < 2; ++v) total[r][v] = min(high, max(low, total[r][v]));  // NaN stays
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < 2; ++v) {
      store_columns<kWhole>(t.y + r * t.y_stride, v, t.columns, total[r][v]);
    }
  }
}

template <int kRows>
void multiply_some(const FloatTile& tile) {
  if (tile.rows == kRows) {
    if (tile.columns == kPanelColumns) {
      multiply_rows<kRows, true>(tile);
    } else {
      multiply_rows<kRows, false>(tile);
    }
  } else if constexpr (kRows > 1) {
    multiply_some<kRows - 1>(tile);
  }
}

}  // namespace

extern const FloatGemmTable float_gemm_table = {
    .tile_rows = kTileRows,
    .panel_columns = kPanelColumns,
    .multiply = multiply_some<kTileRows>,
};

}  // namespace ingot::INGOT_ISA_NAMESPACE
