// Mean and variance of many elements, gathered in pieces: each piece in two passes over registers,
// and pieces joined exactly (Chan), so that a large mean takes no digits from the variance.
#pragma once

#include "kernels/common/reduce.cuh"

namespace ingot::kernels {

struct Moments {
  float count, mean, squares;  ///< squares: sum of squared distances from the mean
};

/// Of both sets of elements together.
struct JoinMoments {
  __device__ Moments operator()(const Moments& a, const Moments& b) const {
    const float count = a.count + b.count;
    if (count == 0) return a;
    const float part = b.count / count, distance = b.mean - a.mean;
    return {count, a.mean + distance * part,
            a.squares + b.squares + distance * distance * a.count * part};
  }
};

__device__ inline Moments shuffle_xor(const Moments& value, int mask) {
  return {shuffle_xor(value.count, mask), shuffle_xor(value.mean, mask),
          shuffle_xor(value.squares, mask)};
}

/// Of kCount elements in registers.
template <int kCount>
__device__ Moments moments_of(const float* values) {
  float sum = 0, squares = 0;
#pragma unroll
  for (int i = 0; i < kCount; ++i) sum += values[i];
  const float mean = sum * (1.0F / kCount);
#pragma unroll
  for (int i = 0; i < kCount; ++i) squares += (values[i] - mean) * (values[i] - mean);
  return {static_cast<float>(kCount), mean, squares};
}

}  // namespace ingot::kernels
