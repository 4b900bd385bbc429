// Inner loops of Resize along the last two axes of images.
#pragma once

#include <cstdint>

#include "runtime/cpu/isa.h"

namespace ingot {

/// A row of an image whose pixels are vectors of channels; strides in floats.
struct PixelRow {
  int64_t width, channels, x_pixel, y_pixel;
};

struct ResizeTable {
  /// y[i] = x[index[i]]
  void (*pick)(const float* x, const int32_t* index, float* y, int64_t count);
  /// y[2 i] = y[2 i + 1] = x[i] for i < count
  void (*twice)(const float* x, float* y, int64_t count);
  /// y[i] = x[index[i]] * (1 - weight[i]) + x[index[i] + 1] * weight[i], where x has `length`
  /// elements and the indices do not fall.
  void (*blend_neighbours)(const float* x, int64_t length, const int32_t* index,
                           const float* weight, float* y, int64_t count);
  /// y = a * (1 - weight) + b * weight
  void (*blend_rows)(const float* a, const float* b, float weight, float* y, int64_t count);
  /// Pixel i of y = pixel index[i] of x, in vectors of `channels`.
  void (*pick_pixels)(const float* x, const int32_t* index, float* y, const PixelRow& row);
  /// Pixel i of y = pixels index[2 i] and index[2 i + 1] of two rows, blended across by
  /// across[i], then down by `down`.
  void (*blend_pixels)(const float* top, const float* bottom, const int32_t* index,
                       const float* across, float down, float* y, const PixelRow& row);
  /// y = the sum of weights[k] * corners[k], k < 4
  void (*blend_corners)(const float* const corners[4], const float weights[4], float* y,
                        int64_t count);
};

INGOT_KERNEL_TABLE(ResizeTable, resizes);

}  // namespace ingot
