// The geometry of matrix products with NumPy's rules: 1-D operands, broadcast batches, transposes.
#pragma once

#include <utility>
#include <vector>

#include "ops/matrix_multiply.h"
#include "ops/reference.h"

namespace ingot {

/// Every product of a batched matmul: c[i] = a[offsets[i].first...] * b[offsets[i].second...].
struct MatMulSizes {
  int64_t rows = 1, inner = 1, columns = 1;
  int64_t a_row_stride = 0, a_column_stride = 1, b_row_stride = 1, b_column_stride = 0;
  std::vector<std::pair<int64_t, int64_t>> offsets;  ///< of each product's operands, in elements

  /// Transposes swap the last two axes of operands with at least two.
  static MatMulSizes of(const Shape& a, const Shape& b, bool transpose_a = false,
                        bool transpose_b = false);
};

/// The shape rule; output 0 gets type `result`.
void infer_matmul(InferContext& node, int a, int b, bool transpose_a, bool transpose_b,
                  DType result);

/// c += a * b for all products.
template <typename T>
void multiply_batches(const MatMulSizes& sizes, const T* a, const T* b, T* c) {
  const int64_t size = sizes.rows * sizes.columns;
  for (const auto& [a_offset, b_offset] : sizes.offsets) {
    multiply_add({a + a_offset, sizes.a_row_stride, sizes.a_column_stride},
                 {b + b_offset, sizes.b_row_stride, sizes.b_column_stride}, c, sizes.columns,
                 sizes.rows, sizes.inner, sizes.columns);
    c += size;
  }
}

}  // namespace ingot
