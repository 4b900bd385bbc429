// Parameters of depthwise convolution.
#pragma once

#include "kernels/params/divisor.h"
#include "kernels/params/window.h"

namespace ingot::kernels {

struct DepthwiseParams {
  const void* x;
  const void* w;  ///< [taps][filters]
  const void* bias;
  void* y;
  ImageStrides x_strides, y_strides;
  WindowParams window;
  int batch, filters;
  int multiplier;      ///< filters of each channel
  int channel_blocks;  ///< blocks of the grid along the channels
  float x_zero;        ///< zero point of an integer image
  /// Of the kernel over planes: columns, groups of rows that a thread computes, filters.
  Divisor plane_columns, plane_row_groups, plane_filters;
  EpilogueParams epilogue;
};

}  // namespace ingot::kernels
