// Inner loops of reductions: a run of elements to one number, and rows folded into accumulators.
#pragma once

#include <cstdint>

#include "runtime/cpu/isa.h"

namespace ingot {

enum class Fold : uint8_t { kSum, kAbsSum, kSquareSum, kMax, kMin, kProduct };
inline constexpr int kFoldCount = 6;

struct ReduceTable {
  /// The fold of `count` elements side by side, kSum and its like in double at the top.
  double (*row)(Fold fold, const float* x, int64_t count);
  /// totals[i] = fold(totals[i], x[row][i]) over `rows` rows of `columns` columns.
  void (*columns)(Fold fold, const float* x, int64_t row_stride, int64_t rows, int64_t columns,
                  float* totals);
  /// index[i] = the row of the largest (smallest) of x[row][i]; of equal ones the first, or the
  /// last. The first NaN beats all.
  void (*arg_columns)(const float* x, int64_t row_stride, int64_t rows, int64_t columns,
                      bool largest, bool last, int64_t* index);
  /// Position in a row of the first (last) element that equals `value`, or is NaN if that is NaN.
  int64_t (*find)(const float* x, int64_t count, float value, bool last);
};

INGOT_KERNEL_TABLE(ReduceTable, reductions);

}  // namespace ingot
