// Inner loops of depthwise convolution over vectors of channels.
#pragma once

#include <cstdint>

#include "runtime/cpu/isa.h"

namespace ingot {

/// What is done to a result before it is stored.
enum class Activation : uint8_t { kNone, kRelu, kClip, kHardSwish, kSilu };

/// One output row of one image. Pixels are vectors of `channels` floats.
struct DepthwiseRow {
  const float* x;          ///< pixel (0, 0) of the image
  int64_t x_row, x_pixel;  ///< floats between rows and between pixels
  float* y;                ///< first pixel of the output row
  int64_t y_pixel;
  const float* weights;  ///< [kernel row][kernel column][weight_stride]
  int64_t weight_stride;
  const float* bias;  ///< per channel, or null
  int64_t channels;
  int64_t height, width, out_width;
  int64_t first_row;     ///< of the image under kernel row 0; may be negative
  int64_t first_column;  ///< of the image under kernel column 0 of output pixel 0: minus the pad
  int kernel_height, kernel_width, stride, dilation_height, dilation_width;
  Activation activation;
  float low, high;  ///< of kClip
};

struct DepthwiseTable {
  void (*run)(const DepthwiseRow& row);
};

INGOT_KERNEL_TABLE(DepthwiseTable, depthwise);

}  // namespace ingot
