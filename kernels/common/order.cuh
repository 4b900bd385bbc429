// Unsigned numbers in the order of floats and integers, for sorting by keys.
#pragma once

#include "kernels/common/types.cuh"

namespace ingot::kernels {

/// NaN is above everything, zeros are equal.
__device__ inline unsigned order_of(float x) {
  union {
    float value;
    unsigned bits;
  } number = {x};
  // By bits: comparisons take the smallest floats for zeros.
  const unsigned magnitude = number.bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return 0xffffffffU;
  if (magnitude == 0) return 0x80000000U;
  return number.bits & 0x80000000U ? ~number.bits : number.bits | 0x80000000U;
}
__device__ inline unsigned order_of(half_t x) { return order_of(to_float(x)); }
__device__ inline unsigned order_of(bfloat16_t x) { return order_of(to_float(x)); }
__device__ inline unsigned order_of(int x) { return static_cast<unsigned>(x) ^ 0x80000000U; }

}  // namespace ingot::kernels
