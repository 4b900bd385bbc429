// Quotient and remainder by a Divisor.
#pragma once

#include "kernels/params/divisor.h"

namespace ingot::kernels {

__device__ inline unsigned divide(unsigned value, const Divisor& by) {
  return (__umulhi(value, by.multiplier) + value) >> by.shift;
}

/// Divides *value and gives the remainder: the index along the innermost of the axes that are left.
__device__ inline unsigned take_index(unsigned* value, const Divisor& extent) {
  const unsigned quotient = divide(*value, extent);
  const unsigned index = *value - quotient * extent.divisor;
  *value = quotient;
  return index;
}

}  // namespace ingot::kernels
