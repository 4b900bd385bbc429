// The end of a kernel whose blocks make tiles of a matrix: sums from shared memory through the
// generated epilogue to the output, eight columns a thread at a time.
//
// The preamble defines: kExtras, visit_extras(f) which calls f(i, T{}) for each extra of type T,
// and epilogue(in), where in[0] is the sum and in[1 + i] the element of extra i.
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

/// Stores the tile whose sums lie in shared memory, in kSlots parts that are added. The tile's rows
/// have kColumns + 8 floats.
template <typename T, int kRows, int kColumns, int kSlots, int kThreads>
__device__ inline void finish_tile(const float* sums, const MatrixOutput& out,
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
    float extras[kTogether][kExtras + 1][8];
#pragma unroll
    for (int k = 0; k < kTogether; ++k) {
      const int row = first_row + local_row + (part + k) * kStep;
      if (local_row + (part + k) * kStep >= kRows || row >= out.rows) continue;
      visit_extras([&](int i, auto type) {
        const MatrixExtra& extra = out.extras[i];
        load_extra<decltype(type)>(extras[k][i + 1], extra,
                                   batch.offset(extra.batch) + row * extra.row, column,
                                   out.columns);
      });
    }
#pragma unroll
    for (int k = 0; k < kTogether; ++k) {
      const int tile_row = local_row + (part + k) * kStep, row = first_row + tile_row;
      if (tile_row >= kRows || row >= out.rows) continue;
      load_vector<8>(sums + tile_row * kPitch + local_column, extras[k][0]);
#pragma unroll
      for (int slot = 1; slot < kSlots; ++slot) {
        float more[8];
        load_vector<8>(sums + (slot * kRows + tile_row) * kPitch + local_column, more);
#pragma unroll
        for (int j = 0; j < 8; ++j) extras[k][0][j] += more[j];
      }
      float result[8];
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        float in[kExtras + 1];
#pragma unroll
        for (int i = 0; i <= kExtras; ++i) in[i] = extras[k][i][j];
        result[j] = epilogue(in);
      }
      if (out.aligned) {
        store_vector<8>(result, y + row * out.row);
      } else {
#pragma unroll
        for (int j = 0; j < 8; ++j) {
          if (column + j < out.columns) y[row * out.row + j] = from_float<T>(result[j]);
        }
      }
    }
  }
}

}  // namespace ingot::kernels
