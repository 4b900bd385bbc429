// Folds (sum, max, ...) of one value a thread, over lanes of a warp and over a block. The order is
// fixed: equal inputs give equal bits.
#pragma once

namespace ingot::kernels {

__device__ inline float infinity() {
  union {
    unsigned bits;
    float value;
  } number = {0x7f800000U};
  return number.value;
}

/// The lowest finite float: as the start of a maximum, it keeps -inf - start from being NaN.
inline constexpr float kLowest = -3.402823466e38F;

struct Sum {
  template <typename T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};
/// NaN is taken only where both are.
struct Max {
  __device__ float operator()(float a, float b) const { return fmaxf(a, b); }
};

/// The value of another lane; structs that are folded bring their own overload.
template <typename T>
__device__ T shuffle_xor(T value, int mask) {
  return __shfl_xor_sync(0xffffffffU, value, mask);
}

/// Folded over each kLanes neighbouring lanes; all of them get it. The whole warp must call it.
template <int kLanes = 32, typename T, typename Fold>
__device__ T warp_fold(T value, Fold fold) {
#pragma unroll
  for (int mask = kLanes / 2; mask > 0; mask /= 2) value = fold(value, shuffle_xor(value, mask));
  return value;
}

/// Folded over the threads of a block of one dimension (whole warps); all threads get it.
/// `shared` has room for 32 values, and may be used again at once.
template <typename T, typename Fold>
__device__ T block_fold(T value, T neutral, Fold fold, T* shared) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
  value = warp_fold(value, fold);
  __syncthreads();
  if (lane == 0) shared[warp] = value;
  __syncthreads();
  return warp_fold(lane < warps ? shared[lane] : neutral, fold);
}

}  // namespace ingot::kernels
