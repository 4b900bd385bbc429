// Parameters of convolution and transposed convolution.
#pragma once

#include "kernels/params/window.h"

namespace ingot::kernels {

struct ConvParams {
  const void* x;
  const void* w;
  const void* bias;
  void* y;
  ImageStrides x_strides, y_strides;
  /// Of a convolution: image is x, positions are y. Transposed: the other way round, as ONNX's pads
  /// and strides mean it.
  WindowParams window;
  int batch, groups;
  int channels, filters;  ///< of one group
  /// Distances in elements in w; tap is the index of a tap in row-major order.
  long long w_group;
  int w_filter, w_channel, w_tap;
  float x_zero;    ///< zero point of an integer image
  bool y_vectors;  ///< neighbouring channels of y can be stored as vectors of four
  EpilogueParams epilogue;
};

/// A convolution of a few channels in planes, with the whole filter in shared memory.
struct StemParams {
  const void* x;
  const void* w;  ///< [channels][taps][filters]
  const void* bias;
  void* y;
  ImageStrides x_strides, y_strides;
  WindowParams window;
  int batch, filters;
  int row_blocks;  ///< blocks of the grid along a row
  float x_zero;    ///< zero point of an integer image
  EpilogueParams epilogue;
};

}  // namespace ingot::kernels
