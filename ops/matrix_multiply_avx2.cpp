// The matrix product with AVX2 and FMA; matrix_multiply.cpp calls it where the CPU has them.
#define INGOT_VECTOR_BYTES 32
#include "ops/matrix_multiply_tile.h"

namespace ingot {

void multiply_add_avx2(const Matrix<float>& a, const Matrix<float>& b, float* c, int64_t c_stride,
                       int64_t rows, int64_t inner, int64_t columns) {
  run(a, b, c, c_stride, rows, inner, columns);
}

void multiply_add_avx2(const Matrix<double>& a, const Matrix<double>& b, double* c,
                       int64_t c_stride, int64_t rows, int64_t inner, int64_t columns) {
  run(a, b, c, c_stride, rows, inner, columns);
}

}  // namespace ingot
