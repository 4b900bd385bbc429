// Resize by tables of indices and weights for each axis that changes its size. A thread makes
// kVector neighbouring elements of an axis that keeps its size.
//
// Generated before: type X, kVector, kNearest (elements are copied as they are), kCrops (some
// outputs may lie beyond a crop).
#include "kernels/common/divide.cuh"
#include "kernels/common/vector.cuh"
#include "kernels/params/resize.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

/// An axis with several taps, at one output.
struct SampledAxis {
  int axis, first;  ///< first: of the entries in its tables
};

/// Where an output is made from.
struct ResizePlace {
  bool inside = true;            ///< of the crop
  int first_a = 0, first_b = 0;  ///< of the pair
  int count = 0;                 ///< of the axes with several taps, where they are no such pair
  SampledAxis sampled[kMaxResizeAxes];
};

template <typename T>
__device__ inline void add_weighted(const T* from, float weight, float (&sums)[kVector]) {
  float values[kVector];
  load_elements<kVector>(from, values);
#pragma unroll
  for (int i = 0; i < kVector; ++i) sums[i] += weight * values[i];
}

/// Two axes with two taps each: all four loads at once.
template <typename T>
__device__ inline void add_bilinear(const ResizeParams& p, const T* x, int first_a, int first_b,
                                    float (&sums)[kVector]) {
  const ResizeAxisParams &a = p.axis[p.pair[0]], &b = p.axis[p.pair[1]];
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    const T* row = x + a.indices[first_a + i] * a.x_stride;
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      add_weighted(row + b.indices[first_b + k] * b.x_stride,
                   a.weights[first_a + i] * b.weights[first_b + k], sums);
    }
  }
}

/// Any axes and taps, one combination after the other.
template <typename T>
__device__ inline void add_combinations(const ResizeParams& p, const T* x,
                                        const SampledAxis* sampled, int count,
                                        float (&sums)[kVector]) {
  int combinations = 1;
  for (int i = 0; i < count; ++i) combinations *= p.axis[sampled[i].axis].taps;
  for (int combination = 0; combination < combinations; ++combination) {
    long long offset = 0;
    float weight = 1;
    int tap = combination;
    for (int i = 0; i < count; ++i) {
      const ResizeAxisParams& axis = p.axis[sampled[i].axis];
      const int entry = sampled[i].first + tap % axis.taps;
      tap /= axis.taps;
      offset += axis.indices[entry] * axis.x_stride;
      weight *= axis.weights[entry];
    }
    if (weight != 0) add_weighted(x + offset, weight, sums);
  }
}

__device__ inline void copy_vector(const X* from, X* to) {
  if (is_vector_aligned<kVector>(from) && is_vector_aligned<kVector>(to)) {
    store_raw<kVector>(load_raw<kVector>(from), to);
    return;
  }
#pragma unroll
  for (int i = 0; i < kVector; ++i) to[i] = from[i];
}

/// One output, from what lies at `x` and beside it. A template, so that the types of elements that are
/// only copied need no arithmetic.
template <bool kCopies, typename T>
__device__ inline void make_output(const ResizeParams& p, const ResizePlace& place, const T* x,
                                   T* y) {
  if constexpr (kCopies) {
    if (place.inside) return copy_vector(x, y);
  }
  if constexpr (kCrops || !kCopies) {
    float sums[kVector] = {};
    if (!place.inside) {
#pragma unroll
      for (int i = 0; i < kVector; ++i) sums[i] = p.extrapolation;
    } else if (p.bilinear) {
      add_bilinear(p, x, place.first_a, place.first_b, sums);
    } else {
      add_combinations(p, x, place.sampled, place.count, sums);
    }
    store_elements<kVector>(sums, y);
  }
}

extern "C" __global__ void __launch_bounds__(256) resize(const ResizeParams p) {
  begin_grid();
  unsigned rest = blockIdx.x * blockDim.x + threadIdx.x;
  if (rest >= p.items) return;
  const X* x = static_cast<const X*>(p.x);
  X* y = static_cast<X*>(p.y);
  ResizePlace place;
#pragma unroll
  for (int i = kMaxResizeAxes - 1; i >= 0; --i) {
    if (i >= p.axes) continue;
    const ResizeAxisParams& axis = p.axis[i];
    const int at = static_cast<int>(take_index(&rest, axis.size));
    y += at * axis.y_stride;
    if (axis.taps == 0) {
      x += at * axis.x_stride;
      continue;
    }
    const int entry = at * axis.taps, index = axis.indices[entry];
    if (kCrops && index < 0) {
      place.inside = false;
    } else if (axis.taps == 1) {
      x += index * axis.x_stride;
    } else if (p.bilinear) {
      (i == p.pair[0] ? place.first_a : place.first_b) = entry;
    } else if constexpr (!kNearest) {
      place.sampled[place.count++] = {i, entry};
    }
  }
  make_output<kNearest>(p, place, x, y);
}

}  // namespace ingot::kernels
