// Softmax and normalisation of rows of floats.
#pragma once

#include <cstdint>

#include "runtime/cpu/isa.h"

namespace ingot {

struct Moments2 {
  float mean, variance;
};

struct RowTable {
  /// y = softmax(x), or its logarithm; y may be x.
  void (*softmax)(const float* x, float* y, int64_t count, bool logarithm);
  /// Softmax down `count` rows, for each of `columns` columns.
  void (*softmax_columns)(const float* x, int64_t x_stride, float* y, int64_t y_stride,
                          int64_t count, int64_t columns, bool logarithm);
  /// Mean and variance in two passes.
  Moments2 (*moments)(const float* x, int64_t count);
  float (*mean_square)(const float* x, int64_t count);
  /// y[i] = (x[i] - mean) * factor * scale[i] + bias[i]; scale and bias may be null.
  void (*normalize)(const float* x, float* y, int64_t count, float mean, float factor,
                    const float* scale, const float* bias);
  /// y[i] = x[i] * scale + bias
  void (*affine)(const float* x, float* y, int64_t count, float scale, float bias);
};

INGOT_KERNEL_TABLE(RowTable, rows);

}  // namespace ingot
