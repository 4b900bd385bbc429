// The register tile of matrix_multiply: c += a * b with 6 rows by two vectors, over packed panels of
// b. Included by one source per instruction set, which sets INGOT_VECTOR_BYTES.
#pragma once

#include <algorithm>
#include <cstring>

#include "ops/matrix_multiply.h"

namespace ingot {
namespace {

constexpr int64_t kTileRows = 6;
constexpr int64_t kInnerBlock = 256;  // a panel of b then fits the first cache

template <typename T>
struct Vector {
  static constexpr int64_t kLanes = INGOT_VECTOR_BYTES / sizeof(T);
  typedef T Lanes __attribute__((vector_size(INGOT_VECTOR_BYTES), aligned(8), may_alias));
};

/// Copies b[inner, columns] to a panel of two vectors a row, zeros beyond `columns`.
template <typename T>
[[gnu::always_inline]] inline void pack(const Matrix<T>& b, int64_t inner, int64_t columns,
                                        T* panel) {
  constexpr int64_t width = 2 * Vector<T>::kLanes;
  if (b.column_stride == 1 && columns == width) {
    for (int64_t k = 0; k < inner; ++k) {
      std::memcpy(panel + k * width, b.data + k * b.row_stride, width * sizeof(T));
    }
    return;
  }
  std::fill_n(panel, inner * width, T{0});
  for (int64_t j = 0; j < columns; ++j) {
    const T* column = b.data + j * b.column_stride;
    for (int64_t k = 0; k < inner; ++k) panel[k * width + j] = column[k * b.row_stride];
  }
}

template <typename T, int kRows>
[[gnu::always_inline]] inline void tile(const Matrix<T>& a, const T* panel, int64_t inner, T* c,
                                        int64_t c_stride, int64_t columns) {
  using Lanes = typename Vector<T>::Lanes;
  constexpr int64_t lanes = Vector<T>::kLanes;
  Lanes left[kRows] = {}, right[kRows] = {};
  for (int64_t k = 0; k < inner; ++k) {
    const Lanes b0 = *reinterpret_cast<const Lanes*>(panel + k * 2 * lanes);
    const Lanes b1 = *reinterpret_cast<const Lanes*>(panel + k * 2 * lanes + lanes);
    const T* column = a.data + k * a.column_stride;
#pragma GCC unroll 6
    for (int i = 0; i < kRows; ++i) {
      const T factor = column[i * a.row_stride];
      left[i] += factor * b0;
      right[i] += factor * b1;
    }
  }
#pragma GCC unroll 6
  for (int i = 0; i < kRows; ++i) {
    T* row = c + i * c_stride;
    if (columns == 2 * lanes) {
      *reinterpret_cast<Lanes*>(row) += left[i];
      *reinterpret_cast<Lanes*>(row + lanes) += right[i];
    } else {
      T values[2 * lanes];
      std::memcpy(values, &left[i], sizeof(Lanes));
      std::memcpy(values + lanes, &right[i], sizeof(Lanes));
      for (int64_t j = 0; j < columns; ++j) row[j] += values[j];
    }
  }
}

template <typename T>
[[gnu::always_inline]] inline void run(Matrix<T> a, Matrix<T> b, T* c, int64_t c_stride,
                                       int64_t rows, int64_t inner, int64_t columns) {
  constexpr int64_t width = 2 * Vector<T>::kLanes;
  alignas(64) T panel[kInnerBlock * width];
  for (int64_t k = 0; k < inner; k += kInnerBlock) {
    const int64_t depth = std::min(kInnerBlock, inner - k);
    for (int64_t j = 0; j < columns; j += width) {
      const int64_t used = std::min(width, columns - j);
      pack<T>({b.data + k * b.row_stride + j * b.column_stride, b.row_stride, b.column_stride},
              depth, used, panel);
      for (int64_t i = 0; i < rows; i += kTileRows) {
        const Matrix<T> part{a.data + i * a.row_stride + k * a.column_stride, a.row_stride,
                             a.column_stride};
        T* out = c + i * c_stride + j;
        switch (std::min(kTileRows, rows - i)) {
          case 6:
            tile<T, 6>(part, panel, depth, out, c_stride, used);
            break;
          case 5:
            tile<T, 5>(part, panel, depth, out, c_stride, used);
            break;
          case 4:
            tile<T, 4>(part, panel, depth, out, c_stride, used);
            break;
          case 3:
            tile<T, 3>(part, panel, depth, out, c_stride, used);
            break;
          case 2:
            tile<T, 2>(part, panel, depth, out, c_stride, used);
            break;
          default:
            tile<T, 1>(part, panel, depth, out, c_stride, used);
            break;
        }
      }
    }
  }
}

}  // namespace
}  // namespace ingot
