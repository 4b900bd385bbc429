// What a mask does to a score of attention: numbers are added, false forbids.
#pragma once

#include "kernels/common/types.cuh"

namespace ingot::kernels {

__device__ inline float minus_infinity() { return __int_as_float(static_cast<int>(0xff800000U)); }

template <typename T>
__device__ float masked(float score, T term) {
  return score + to_float(term);
}
__device__ inline float masked(float score, unsigned char allowed) {
  return allowed != 0 ? score : minus_infinity();
}

}  // namespace ingot::kernels
