// Functions that products of 8-bit integers are made of. They multiply 16-bit numbers, pairs of
// which add up exactly in 32 bits on every processor: an 8-bit multiply-add of pairs (vpmaddubsw)
// would saturate.
#pragma once

#include <cstdint>

#include "core/tensor/dtype.h"
#include "runtime/cpu/isa.h"

namespace ingot {

/// A block of int32 sums on its way to the output:
/// y = clamp(sum * scale[column] + bias[column] + residual * factor, low, high), then rounded half
/// to even and saturated where the type is an integer.
struct IntegerFinish {
  const int32_t* sums;
  int64_t sums_stride;  ///< elements between rows
  int64_t rows, columns;
  const float* scale;  ///< readable in whole vectors past `columns`; so are bias and sums
  const float* bias;
  const void* residual;  ///< null: none
  int64_t residual_stride;
  DType residual_dtype;  ///< i8, u8 or f32
  float factor, low, high;
  void* output;
  int64_t output_stride;
  DType output_dtype;  ///< i8, u8 or f32
};

struct IntegerGemmTable {
  int tile_rows;      ///< most rows that `multiply` takes at once
  int panel_columns;  ///< columns of a panel of weights
  /// sums[r][c] = (accumulate ? sums[r][c] : 0) + sum over k of a[r][k] * panel[k / 2][c][k % 2], for
  /// `rows` rows and all columns of a panel; k runs over 2 * pairs elements.
  void (*multiply)(const int16_t* a, int64_t a_stride, const int8_t* panel, int64_t pairs, int rows,
                   int32_t* sums, int64_t sums_stride, bool accumulate);
  /// to[i] = from[i] - zero.
  void (*widen_signed)(const int8_t* from, int64_t count, int zero, int16_t* to);
  void (*widen_unsigned)(const uint8_t* from, int64_t count, int zero, int16_t* to);
  void (*finish)(const IntegerFinish& block);
  /// y = saturate(round(x / scale) + zero): DynamicQuantizeLinear's own order of rounding.
  void (*quantize)(const float* x, int64_t count, float scale, float zero, uint8_t* y);
};

INGOT_KERNEL_TABLE(IntegerGemmTable, integer_gemm);

}  // namespace ingot
