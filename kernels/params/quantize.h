// What the kernels of QuantizeLinear and DequantizeLinear are told.
#pragma once

#include "kernels/params/divisor.h"

namespace ingot::kernels {

inline constexpr int kQuantizeThreads = 256;

struct QuantizeParams {
  const void* x;
  const void* scale;
  const void* zero;  ///< null: zeros
  void* y;
  unsigned elements;
  Divisor length, inner;  ///< the axis of the scales, and what lies behind it in memory
  Divisor block;          ///< elements of the axis that share a scale
  unsigned blocks;        ///< of the axis; 0: a scale for each element of the axis
  int per_tensor;         ///< one scale
};

}  // namespace ingot::kernels
