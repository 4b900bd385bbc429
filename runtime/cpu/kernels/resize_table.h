// Inner loops of Resize along the last two axes of images.
#pragma once

#include <cstdint>

#include "runtime/cpu/isa.h"

namespace ingot {

struct ResizeTable {
  /// y[i] = x[index[i]]
  void (*pick)(const float* x, const int32_t* index, float* y, int64_t count);
  /// y[2 i] = y[2 i + 1] = x[i] for i < count
  void (*twice)(const float* x, float* y, int64_t count);
  /// y[i] = x[index[2 i]] * (1 - weight[i]) + x[index[2 i + 1]] * weight[i]
  void (*blend_neighbours)(const float* x, const int32_t* index, const float* weight, float* y,
                           int64_t count);
  /// y = a * (1 - weight) + b * weight
  void (*blend_rows)(const float* a, const float* b, float weight, float* y, int64_t count);
  /// y = the sum of weights[k] * corners[k], k < 4
  void (*blend_corners)(const float* const corners[4], const float weights[4], float* y,
                        int64_t count);
};

INGOT_KERNEL_TABLE(ResizeTable, resizes);

}  // namespace ingot
