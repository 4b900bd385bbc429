// The epilogue of kernels that write images: what the node's expression makes of an accumulator and
// of the extra inputs at its place. The generated code before the kernel defines
//
//   constexpr int kExtraCount;               extra inputs, in1 to in<kExtraCount>
//   void load_extras(Extras& extras);        extras.load<type>(0), extras.load<type>(1), ...
//   float finish(float accumulator, const Extras& extras, int i);
//   constexpr bool kZeroed;                  the image has a zero point other than 0
#pragma once

#include "kernels/common/vector.cuh"
#include "kernels/params/window.h"

namespace ingot::kernels {

/// A place in an output image: N channels from `c` on.
struct ImagePlace {
  int n, c, z, y, x;
};

/// An element of an image, less the zero point.
template <typename Params>
__device__ inline float centred(const Params& p, float x) {
  return kZeroed ? x - p.x_zero : x;
}

/// What a bias is added as: a float, or an exact integer.
template <typename Bias>
struct BiasType {
  using Type = float;
};
template <>
struct BiasType<int> {
  using Type = int;
};
template <typename Bias>
using BiasOf = typename BiasType<Bias>::Type;

/// The first `available` of N biases from `bias` on, which may be null; zeros for the others.
template <int N, typename Bias>
__device__ inline void load_biases(const Bias* bias, int available, BiasOf<Bias> (&to)[N]) {
  if constexpr (!kSame<Bias, int>) {
    if (bias != nullptr && available >= N) return load_elements<N>(bias, to);
  }
#pragma unroll
  for (int i = 0; i < N; ++i) {
    to[i] = 0;
    if (bias == nullptr || i >= available) continue;
    if constexpr (kSame<Bias, int>) {
      to[i] = bias[i];
    } else {
      to[i] = to_float(bias[i]);
    }
  }
}

/// An exact sum is an integer, or a float that is a whole number below 2^24.
template <int N, typename B, typename Sum>
__device__ inline void add_biases(const B (&biases)[N], Sum (&sums)[N]) {
#pragma unroll
  for (int i = 0; i < N; ++i) sums[i] = static_cast<Sum>(static_cast<B>(sums[i]) + biases[i]);
}

/// Values of the extra inputs at N channels of one place.
template <int N, int kCount>
struct ExtraValues {
  const EpilogueParams& params;
  const ImagePlace place;
  float values[kCount > 0 ? kCount : 1][N];

  template <typename T>
  __device__ void load(int extra) {
    const ImageStrides& s = params.extras[extra].strides;
    const T* data = static_cast<const T*>(params.extras[extra].data) + place.n * s.n +
                    place.z * s.z + place.y * s.y + place.x * s.x;
    data += static_cast<long long>(place.c) * s.c;
    if (s.c == 1) {
      load_elements<N>(data, values[extra]);
    } else {
      // Broadcast over the channels, or far from each other.
      float value = to_float(data[0]);
#pragma unroll
      for (int i = 0; i < N; ++i) {
        if (i > 0 && s.c != 0) value = to_float(data[static_cast<long long>(i) * s.c]);
        values[extra][i] = value;
      }
    }
  }
};

/// Puts the epilogue of N neighbouring channels into `accumulators`.
template <int N>
__device__ inline void apply_epilogue(const EpilogueParams& params, const ImagePlace& place,
                                      float (&accumulators)[N]) {
  ExtraValues<N, kExtraCount> extras{params, place, {}};
  load_extras(extras);
#pragma unroll
  for (int i = 0; i < N; ++i) accumulators[i] = finish(accumulators[i], extras, i);
}

}  // namespace ingot::kernels
