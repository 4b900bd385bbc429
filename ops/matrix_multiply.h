// A small matrix product, on which the reference evaluations of convolutions, matmuls, attention
// and recurrent networks stand. One thread, plain C++, a register tile that compilers vectorise.
#pragma once

#include <cstdint>

namespace ingot {

/// A matrix in memory with any strides, in elements: a transposed one swaps them.
template <typename T>
struct Matrix {
  const T* data;
  int64_t row_stride, column_stride;
};

/// c[rows, columns] += a[rows, inner] * b[inner, columns]. Rows of `c` are `c_stride` apart.
void multiply_add(Matrix<float> a, Matrix<float> b, float* c, int64_t c_stride, int64_t rows,
                  int64_t inner, int64_t columns);
void multiply_add(Matrix<double> a, Matrix<double> b, double* c, int64_t c_stride, int64_t rows,
                  int64_t inner, int64_t columns);

}  // namespace ingot
