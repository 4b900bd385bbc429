// The matrix product: the portable version, and the choice of the one for this CPU.
#define INGOT_VECTOR_BYTES 16
#include "core/base/cpu.h"
#include "ops/matrix_multiply_tile.h"

namespace ingot {

void multiply_add_avx2(const Matrix<float>& a, const Matrix<float>& b, float* c, int64_t c_stride,
                       int64_t rows, int64_t inner, int64_t columns);
void multiply_add_avx2(const Matrix<double>& a, const Matrix<double>& b, double* c,
                       int64_t c_stride, int64_t rows, int64_t inner, int64_t columns);

namespace {

bool use_avx2() {
#ifdef __x86_64__
  static const bool use = cpu_info().avx2;
  return use;
#else
  return false;
#endif
}

}  // namespace

void multiply_add(Matrix<float> a, Matrix<float> b, float* c, int64_t c_stride, int64_t rows,
                  int64_t inner, int64_t columns) {
  if (use_avx2()) return multiply_add_avx2(a, b, c, c_stride, rows, inner, columns);
  run(a, b, c, c_stride, rows, inner, columns);
}

void multiply_add(Matrix<double> a, Matrix<double> b, double* c, int64_t c_stride, int64_t rows,
                  int64_t inner, int64_t columns) {
  if (use_avx2()) return multiply_add_avx2(a, b, c, c_stride, rows, inner, columns);
  run(a, b, c, c_stride, rows, inner, columns);
}

}  // namespace ingot
