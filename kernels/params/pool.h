// Parameters of pools.
#pragma once

#include "kernels/params/divisor.h"
#include "kernels/params/window.h"

namespace ingot::kernels {

struct PoolParams {
  const void* x;
  void* y;
  ImageStrides x_strides, y_strides;
  WindowParams window;
  int batch, channels;
  Divisor vectors;       ///< vectors of channels
  Divisor positions[3];  ///< outputs along each axis
  bool aligned;          ///< x and y can be moved as vectors of channels
  bool count_padding;    ///< averages: padding counts as zeros
  float exponent;        ///< of p-norms
};

}  // namespace ingot::kernels
