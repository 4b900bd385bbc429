// Parameters of Resize.
#pragma once

#include "kernels/params/divisor.h"

namespace ingot::kernels {

constexpr int kMaxResizeAxes = 8;

/// One axis of the output. Element i is made of `taps` elements of the input: indices[i * taps + t]
/// with weights[i * taps + t].
struct ResizeAxisParams {
  Divisor size;  ///< of the output
  long long x_stride, y_stride;
  int taps;            ///< 0: the axis keeps its size
  const int* indices;  ///< -1: beyond the crop, where the extrapolation value stands
  const float* weights;
};

/// Axes in the order of the output in memory, outermost first; the innermost counts vectors.
struct ResizeParams {
  const void* x;
  void* y;
  int axes;
  unsigned items;  ///< vectors of the output
  bool
      bilinear;  ///< two axes, pair[0] and pair[1], have two taps each, and no other has more than one
  int pair[2];
  float extrapolation;
  ResizeAxisParams axis[kMaxResizeAxes];
};

}  // namespace ingot::kernels
