// Bodies of reductions, compiled once per instruction set.
#pragma once

#include "runtime/cpu/kernels/reduce_table.h"
#include "runtime/cpu/simd_math.h"

namespace ingot::INGOT_ISA_NAMESPACE {
namespace {

struct FoldSum {
  static constexpr float kStart = 0;
  static INGOT_INLINE VecF fold(VecF a, VecF x) { return a + x; }
  static INGOT_INLINE VecF join(VecF a, VecF b) { return a + b; }
};
struct FoldAbsSum : FoldSum {
  static INGOT_INLINE VecF fold(VecF a, VecF x) { return a + abs(x); }
};
struct FoldSquareSum : FoldSum {
  static INGOT_INLINE VecF fold(VecF a, VecF x) { return fma(x, x, a); }
};
// A NaN stays: `max(x, a)` gives a where either is one, so x != x is asked.
struct FoldMax {
  static constexpr float kStart = -kInfinity;
  static INGOT_INLINE VecF fold(VecF a, VecF x) { return blend(x != x, x, max(x, a)); }
  static INGOT_INLINE VecF join(VecF a, VecF b) { return fold(a, b); }
};
struct FoldMin {
  static constexpr float kStart = kInfinity;
  static INGOT_INLINE VecF fold(VecF a, VecF x) { return blend(x != x, x, min(x, a)); }
  static INGOT_INLINE VecF join(VecF a, VecF b) { return fold(a, b); }
};
struct FoldProduct {
  static constexpr float kStart = 1;
  static INGOT_INLINE VecF fold(VecF a, VecF x) { return a * x; }
  static INGOT_INLINE VecF join(VecF a, VecF b) { return a * b; }
};

/// Elements that one float accumulator takes before it is added to a double.
constexpr int64_t kRun = 4096;

template <typename Op>
INGOT_INLINE VecF fold_run(const float* x, int64_t count) {
  VecF a = splat(Op::kStart), b = a, c = a, d = a;
  int64_t i = 0;
  for (; i + 4 * kLanes <= count; i += 4 * kLanes) {
    a = Op::fold(a, load(x + i));
    b = Op::fold(b, load(x + i + kLanes));
    c = Op::fold(c, load(x + i + 2 * kLanes));
    d = Op::fold(d, load(x + i + 3 * kLanes));
  }
  for (; i + kLanes <= count; i += kLanes) a = Op::fold(a, load(x + i));
  if (i < count) {
    b = Op::fold(b, load_some_or(x + i, count - i, Op::kStart));
  }
  return Op::join(Op::join(a, b), Op::join(c, d));
}

template <typename Op>
double sum_row(const float* x, int64_t count) {
  double total = 0;
  for (int64_t first = 0; first < count; first += kRun) {
    const int64_t run = count - first < kRun ? count - first : kRun;
    total += sum(fold_run<Op>(x + first, run));
  }
  return total;
}

template <typename Op>
double fold_whole_row(const float* x, int64_t count) {
  VecF all = fold_run<Op>(x, count);
  for (int width = kLanes / 2; width > 0; width /= 2) {
    VecF other = all;
    for (int i = 0; i < width; ++i) other[i] = all[i + width];
    all = Op::join(all, other);
  }
  return all[0];
}

double row(Fold fold, const float* x, int64_t count) {
  switch (fold) {
    case Fold::kAbsSum:
      return sum_row<FoldAbsSum>(x, count);
    case Fold::kSquareSum:
      return sum_row<FoldSquareSum>(x, count);
    case Fold::kMax:
      return fold_whole_row<FoldMax>(x, count);
    case Fold::kMin:
      return fold_whole_row<FoldMin>(x, count);
    case Fold::kProduct:
      return fold_whole_row<FoldProduct>(x, count);
    case Fold::kSum:
      break;
  }
  return sum_row<FoldSum>(x, count);
}

template <typename Op, int kVectors>
INGOT_INLINE void fold_strip(const float* x, int64_t row_stride, int64_t rows, float* totals) {
  VecF a[kVectors];
  for (int v = 0; v < kVectors; ++v) a[v] = load(totals + v * kLanes);
  for (int64_t r = 0; r < rows; ++r) {
    const float* p = x + r * row_stride;
    for (int v = 0; v < kVectors; ++v) a[v] = Op::fold(a[v], load(p + v * kLanes));
  }
  for (int v = 0; v < kVectors; ++v) store(totals + v * kLanes, a[v]);
}

template <typename Op>
void fold_columns(const float* x, int64_t row_stride, int64_t rows, int64_t columns,
                  float* totals) {
  int64_t i = 0;
  for (; i + 8 * kLanes <= columns; i += 8 * kLanes) {
    fold_strip<Op, 8>(x + i, row_stride, rows, totals + i);
  }
  for (; i + kLanes <= columns; i += kLanes) {
    fold_strip<Op, 1>(x + i, row_stride, rows, totals + i);
  }
  if (i < columns) {
    VecF a = load_some(totals + i, columns - i);
    for (int64_t r = 0; r < rows; ++r) {
      a = Op::fold(a, load_some(x + r * row_stride + i, columns - i));
    }
    store_some(totals + i, a, columns - i);
  }
}

void columns(Fold fold, const float* x, int64_t row_stride, int64_t rows, int64_t columns,
             float* totals) {
  switch (fold) {
    case Fold::kSum:
      return fold_columns<FoldSum>(x, row_stride, rows, columns, totals);
    case Fold::kAbsSum:
      return fold_columns<FoldAbsSum>(x, row_stride, rows, columns, totals);
    case Fold::kSquareSum:
      return fold_columns<FoldSquareSum>(x, row_stride, rows, columns, totals);
    case Fold::kMax:
      return fold_columns<FoldMax>(x, row_stride, rows, columns, totals);
    case Fold::kMin:
      return fold_columns<FoldMin>(x, row_stride, rows, columns, totals);
    case Fold::kProduct:
      return fold_columns<FoldProduct>(x, row_stride, rows, columns, totals);
  }
}

template <int kVectors, bool kSome>
INGOT_INLINE void arg_strip(const float* x, int64_t row_stride, int64_t rows, bool largest,
                            bool last, int64_t count, int64_t* index) {
  VecF best[kVectors];
  VecI at[kVectors];
  const auto get = [&](int64_t row, int v) {
    const float* p = x + row * row_stride + v * kLanes;
    if constexpr (kSome)
      return load_some(p, count);
    else
      return load(p);
  };
  for (int v = 0; v < kVectors; ++v) {
    best[v] = get(0, v);
    at[v] = VecI{};
  }
  for (int64_t row = 1; row < rows; ++row) {
    const VecI here = splat_int(static_cast<int32_t>(row));
    for (int v = 0; v < kVectors; ++v) {
      const VecF value = get(row, v);
      VecI better = largest ? value > best[v] : value < best[v];
      better |= (value != value) & (best[v] == best[v]);
      if (last) better |= value == best[v];
      best[v] = blend(better, value, best[v]);
      at[v] = (here & better) | (at[v] & ~better);
    }
  }
  for (int v = 0; v < kVectors; ++v) {
    const int64_t lanes = kSome ? count : kLanes;
    for (int64_t i = 0; i < lanes; ++i) index[v * kLanes + i] = at[v][i];
  }
}

void arg_columns(const float* x, int64_t row_stride, int64_t rows, int64_t columns, bool largest,
                 bool last, int64_t* index) {
  int64_t i = 0;
  for (; i + 4 * kLanes <= columns; i += 4 * kLanes) {
    arg_strip<4, false>(x + i, row_stride, rows, largest, last, 0, index + i);
  }
  for (; i + kLanes <= columns; i += kLanes) {
    arg_strip<1, false>(x + i, row_stride, rows, largest, last, 0, index + i);
  }
  if (i < columns) {
    arg_strip<1, true>(x + i, row_stride, rows, largest, last, columns - i, index + i);
  }
}

int64_t find(const float* x, int64_t count, float value, bool last) {
  const bool nan = value != value;
  const auto matches = [&](int64_t i) { return nan ? x[i] != x[i] : x[i] == value; };
  if (last && !nan) {
    for (int64_t i = count - 1; i >= 0; --i) {
      if (matches(i)) return i;
    }
    return 0;
  }
  for (int64_t i = 0; i < count; ++i) {
    if (matches(i)) return i;
  }
  return 0;
}

}  // namespace

extern const ReduceTable reductions_table = {
    .row = row,
    .columns = columns,
    .arg_columns = arg_columns,
    .find = find,
};

}  // namespace ingot::INGOT_ISA_NAMESPACE
