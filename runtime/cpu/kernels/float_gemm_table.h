// The inner piece of a product of floats: a few rows by a panel of weights, sums in registers.
#pragma once

#include <cstdint>

#include "runtime/cpu/isa.h"

namespace ingot {

/// y[r][c] = sum over k of a[r][k] * panel[k][c], added to what is there before: the start of its
/// column, or, where `start` is null, y itself. Where `last`, a residual is added and limits are
/// kept before the result is stored.
struct FloatTile {
  const float* a;
  int64_t a_stride;  ///< elements between rows
  const float* panel;
  int64_t k;
  int rows, columns;  ///< at most those of the table
  float* y;
  int64_t y_stride;
  const float* start;     ///< readable in whole vectors past `columns`
  const float* residual;  ///< null: none
  int64_t residual_stride;
  float factor, low, high;  ///< of the residual; limits where `limited`
  bool limited;
  const float* ahead;  ///< weights that are wanted soon: so many cache lines of them are asked for
  int64_t lines_ahead;
};

struct FloatGemmTable {
  int tile_rows;      ///< most rows that `multiply` takes at once
  int panel_columns;  ///< columns of a panel of weights
  void (*multiply)(const FloatTile& tile);
};

INGOT_KERNEL_TABLE(FloatGemmTable, float_gemm);

}  // namespace ingot
