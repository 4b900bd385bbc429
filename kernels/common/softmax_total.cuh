// The sum of exponentials of many elements without overflow: relative to the largest so far.
#pragma once

#include "kernels/common/reduce.cuh"

namespace ingot::kernels {

struct SoftmaxTotal {
  float peak, sum;  ///< sum of exp(x - peak)

  __device__ static SoftmaxTotal none() { return {kLowest, 0}; }
  /// One exponential does for both cases: the sum or the new term is scaled by it.
  __device__ void add(float x) {
    const float distance = x - peak;
    const float power = expf(distance > 0 ? -distance : distance);
    sum = distance > 0 ? sum * power + 1 : sum + power;
    peak = fmaxf(peak, x);
  }
};

struct JoinSoftmax {
  __device__ SoftmaxTotal operator()(const SoftmaxTotal& a, const SoftmaxTotal& b) const {
    const float peak = fmaxf(a.peak, b.peak);
    return {peak, a.sum * expf(a.peak - peak) + b.sum * expf(b.peak - peak)};
  }
};

__device__ inline SoftmaxTotal shuffle_xor(const SoftmaxTotal& value, int mask) {
  return {shuffle_xor(value.peak, mask), shuffle_xor(value.sum, mask)};
}

}  // namespace ingot::kernels
