// The end of a kernel whose blocks make tiles of a matrix: sums from shared memory through the
// generated epilogue to the output, eight columns a thread at a time.
//
// The preamble defines: kExtras, visit_extras(f) which calls f(i, T{}) for each extra of type T,
// and epilogue(in), where in[0] is the sum and in[1 + i] the element of extra i. Sums of integers
// that are stored as int have no epilogue.
#pragma once

#include "kernels/common/vector.cuh"
#include "kernels/params/matrix.h"

namespace ingot::kernels {

/// Which of the products this is, along each batch axis.
struct BatchIndex {
  int at[kMaxMatrixBatchAxes];

  __device__ BatchIndex(int product, const MatrixOutput& out) {
#pragma unroll
    for (int i = kMaxMatrixBatchAxes - 1; i >= 0; --i) {
      at[i] = product % out.batch_extents[i];
      product /= out.batch_extents[i];
    }
  }
  __device__ long long offset(const long long (&strides)[kMaxMatrixBatchAxes]) const {
    long long sum = 0;
#pragma unroll
    for (int i = 0; i < kMaxMatrixBatchAxes; ++i) sum += at[i] * strides[i];
    return sum;
  }
};

/// Eight elements of an extra from `column` on, as floats.
template <typename T>
__device__ inline void load_extra(float (&to)[8], const MatrixExtra& extra, long long offset,
                                  int column, int columns) {
  const T* from = static_cast<const T*>(extra.data) + offset + column * extra.column;
  if (extra.aligned) {
    load_vector<8>(from, to);
  } else if (extra.column == 0) {
    const float value = to_float(*from);
#pragma unroll
    for (int j = 0; j < 8; ++j) to[j] = value;
  } else {
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      to[j] = column + j < columns ? to_float(from[j * extra.column]) : 0.0F;
    }
  }
}

/// The sums of eight columns, in kSlots parts `slot` apart.
template <int kSlots, typename Sum>
__device__ inline void load_sums(const Sum* from, int slot, const int* column_sums, Sum (&to)[8]) {
#pragma unroll
  for (int part = 0; part < kSlots; ++part) {
#pragma unroll
    for (int j = 0; j < 8; j += 4) {
      const Vector<Sum, 4> sums = load_raw<4>(from + part * slot + j);
#pragma unroll
      for (int k = 0; k < 4; ++k)
        to[j + k] = part == 0 ? sums.elements[k] : to[j + k] + sums.elements[k];
    }
  }
  if constexpr (kSame<Sum, int>) {
    if (column_sums == nullptr) return;
#pragma unroll
    for (int j = 0; j < 8; j += 4) {
      const Vector<int, 4> more = load_raw<4>(column_sums + j);
#pragma unroll
      for (int k = 0; k < 4; ++k) to[j + k] += more.elements[k];
    }
  }
}

/// The extras of eight columns.
using ColumnExtras = float[kExtras > 0 ? kExtras : 1][8];

/// What becomes of the sum of column j.
template <typename Sum>
__device__ inline float result_of(Sum sum, const ColumnExtras& extras, int j) {
  float in[kExtras + 1];
  in[0] = static_cast<float>(sum);
#pragma unroll
  for (int i = 0; i < kExtras; ++i) in[i + 1] = extras[i][j];
  return epilogue(in);
}

/// Puts the result of column 0 to `y`.
template <typename T, typename Sum>
__device__ inline void finish_column(Sum sum, const ColumnExtras& extras, T* y) {
  if constexpr (kSame<T, int>) {
    *y = sum;
  } else {
    *y = from_float<T>(result_of(sum, extras, 0));
  }
}

/// Puts the results of eight columns, or of the `left` that there are, to `y`.
template <typename T, typename Sum>
__device__ inline void finish_columns(const Sum (&sums)[8], const ColumnExtras& extras,
                                      bool aligned, int left, T* y) {
  if constexpr (kSame<T, int>) {
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      if (j < left) y[j] = sums[j];
    }
  } else {
    float result[8];
#pragma unroll
    for (int j = 0; j < 8; ++j) result[j] = result_of(sums[j], extras, j);
    if (aligned) {
      store_vector<8>(result, y);
    } else {
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        if (j < left) y[j] = from_float<T>(result[j]);
      }
    }
  }
}

/// Stores the tile whose sums lie in shared memory, in kSlots parts that are added. The tile's rows
/// have kColumns + 8 sums.
template <typename T, int kRows, int kColumns, int kSlots, int kThreads, typename Sum>
__device__ inline void finish_tile(const Sum* sums, const MatrixOutput& out,
                                   const BatchIndex& batch, int first_row, int first_column) {
  constexpr int kPitch = kColumns + 8, kChunks = kColumns / 8, kStep = kThreads / kChunks;
  constexpr int kParts = (kRows + kStep - 1) / kStep;
  // Loads of several rows are under way at a time, as registers allow.
  constexpr int kMost = kExtras <= 1 ? 4 : kExtras == 2 ? 2 : 1;
  constexpr int kTogether = kParts < kMost ? kParts : kMost;
  static_assert(kThreads % kChunks == 0 && kParts % kTogether == 0);
  const int local_row = static_cast<int>(threadIdx.x) / kChunks;
  const int local_column = static_cast<int>(threadIdx.x) % kChunks * 8;
  const int column = first_column + local_column;
  if (column >= out.columns) return;
  T* y = static_cast<T*>(out.y) + batch.offset(out.batch) + column;
#pragma unroll 1
  for (int part = 0; part < kParts; part += kTogether) {
    ColumnExtras extras[kTogether];
#pragma unroll
    for (int k = 0; k < kTogether; ++k) {
      const int row = first_row + local_row + (part + k) * kStep;
      if (local_row + (part + k) * kStep >= kRows || row >= out.rows) continue;
      visit_extras([&](int i, auto type) {
        const MatrixExtra& extra = out.extras[i];
        load_extra<decltype(type)>(extras[k][i], extra, batch.offset(extra.batch) + row * extra.row,
                                   column, out.columns);
      });
    }
#pragma unroll
    for (int k = 0; k < kTogether; ++k) {
      const int tile_row = local_row + (part + k) * kStep, row = first_row + tile_row;
      if (tile_row >= kRows || row >= out.rows) continue;
      Sum total[8];
      load_sums<kSlots>(sums + tile_row * kPitch + local_column, kRows * kPitch,
                        out.column_sums == nullptr ? nullptr : out.column_sums + column, total);
      finish_columns(total, extras[k], out.aligned, out.columns - column, y + row * out.row);
    }
  }
}

}  // namespace ingot::kernels
