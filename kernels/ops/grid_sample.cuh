// GridSample of images with two or three spatial axes: taps along each axis are found once, then
// serve kVector channels.
//
// Generated before: types X and Grid, kVector, kChannelsLast, kAxes, kMode ('n' nearest, 'l' linear,
// 'c' cubic), kPadding ('z' zeros, 'b' border, 'r' reflection), kAlignCorners.
#include "kernels/common/divide.cuh"
#include "kernels/common/vector.cuh"
#include "kernels/params/sample.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

constexpr int kTaps = kMode == 'n' ? 1 : kMode == 'l' ? 2 : 4;

/// Weighted elements of one axis; an index below 0 stands for zero padding.
struct AxisTaps {
  int index[kTaps];
  float weight[kTaps];
};

/// The places along an axis of `length` elements, -1 to 1 its ends.
struct GridAxis {
  int length;

  __device__ float lowest() const { return kAlignCorners ? 0.0F : -0.5F; }
  __device__ float highest() const {
    return static_cast<float>(length) - (kAlignCorners ? 1.0F : 0.5F);
  }

  __device__ float reflected(float x) const {
    const float span = highest() - lowest();
    if (span <= 0) return 0;
    const bool below = x < lowest();
    if (!below && x <= highest()) return x;
    const float beyond = below ? lowest() - x : x - highest();
    const float turns = truncf(beyond / span);
    const float rest = beyond - turns * span;
    const bool even = fmodf(turns, 2.0F) == 0;
    return even == below ? lowest() + rest : highest() - rest;
  }

  __device__ int index(int i) const {
    if (i >= 0 && i < length) return i;
    if constexpr (kPadding == 'z') return -1;
    const int inside = kPadding == 'b' ? i : static_cast<int>(reflected(static_cast<float>(i)));
    return inside < 0 ? 0 : inside >= length ? length - 1 : inside;
  }

  __device__ AxisTaps taps(float normalised) const {
    const float size = static_cast<float>(length);
    float x = kAlignCorners ? (normalised + 1) / 2 * (size - 1) : ((normalised + 1) * size - 1) / 2;
    constexpr float kFar = 1e7F;  // far outside, yet an exact integer
    x = x != x ? -kFar : fminf(fmaxf(x, -kFar), kFar);
    if constexpr (kMode == 'n') x = rintf(x);
    if (x < lowest() || x > highest()) {
      if constexpr (kPadding == 'b') x = fminf(fmaxf(x, 0.0F), size - 1);
      if constexpr (kPadding == 'r') x = reflected(x);
    }
    const float floor = floorf(x), rest = x - floor;
    const int first = static_cast<int>(floor);
    AxisTaps result;
    if constexpr (kMode == 'n') {
      result.index[0] = index(static_cast<int>(x));
      result.weight[0] = 1;
    } else {
#pragma unroll
      for (int t = 0; t < kTaps; ++t) {
        const int at = t - (kTaps / 2 - 1);
        result.index[t] = index(first + at);
        const float distance = fabsf(static_cast<float>(at) - rest);
        result.weight[t] = kMode == 'l' ? 1 - distance : cubic(distance);
      }
    }
    return result;
  }

  static __device__ float cubic(float d) {
    constexpr float a = -0.75F;
    return d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  }
};

__device__ inline void add_pixel(const GridSampleParams& p, const X* pixel, float weight,
                                 int available, float (&sums)[kVector]) {
  if constexpr (kChannelsLast) {
    float values[kVector];
    load_elements<kVector>(pixel, values);
#pragma unroll
    for (int i = 0; i < kVector; ++i) sums[i] += weight * values[i];
  } else {
#pragma unroll
    for (int i = 0; i < kVector; ++i) {
      if (i < available) {
        sums[i] += weight * to_float(pixel[static_cast<long long>(i) * p.x_strides.c]);
      }
    }
  }
}

extern "C" __global__ void __launch_bounds__(256) grid_sample(const GridSampleParams p) {
  begin_grid();
  // Neighbouring threads follow the order of y in memory.
  unsigned rest = blockIdx.x * blockDim.x + threadIdx.x;
  int c = 0, at[3];
  if constexpr (kChannelsLast) c = static_cast<int>(take_index(&rest, p.vectors)) * kVector;
#pragma unroll
  for (int axis = 2; axis >= 0; --axis) {
    at[axis] = static_cast<int>(take_index(&rest, p.positions[axis]));
  }
  if constexpr (!kChannelsLast) c = static_cast<int>(take_index(&rest, p.vectors)) * kVector;
  const int n = static_cast<int>(rest);
  if (n >= p.batch) return;

  long long point = n;
#pragma unroll
  for (int axis = 0; axis < 3; ++axis) point = point * p.positions[axis].divisor + at[axis];
  const Grid* grid = static_cast<const Grid*>(p.grid) + point * kAxes;
  // The grid names the last axis first.
  const AxisTaps xs = GridAxis{p.image[2]}.taps(to_float(grid[0]));
  const AxisTaps ys = GridAxis{p.image[1]}.taps(to_float(grid[1]));
  AxisTaps zs{{0}, {1}};
  if constexpr (kAxes == 3) zs = GridAxis{p.image[0]}.taps(to_float(grid[kAxes - 1]));

  const X* image =
      static_cast<const X*>(p.x) + n * p.x_strides.n + static_cast<long long>(c) * p.x_strides.c;
  const int available = p.channels - c;
  float sums[kVector] = {};
  constexpr int kLayers = kAxes == 3 ? kTaps : 1;
  for (int z = 0; z < kLayers; ++z) {
    if (zs.index[z] < 0) continue;
#pragma unroll
    for (int y = 0; y < kTaps; ++y) {
      if (ys.index[y] < 0) continue;
#pragma unroll
      for (int x = 0; x < kTaps; ++x) {
        if (xs.index[x] < 0) continue;
        add_pixel(p,
                  image + static_cast<long long>(zs.index[z]) * p.x_strides.z +
                      static_cast<long long>(ys.index[y]) * p.x_strides.y +
                      static_cast<long long>(xs.index[x]) * p.x_strides.x,
                  zs.weight[z] * ys.weight[y] * xs.weight[x], available, sums);
      }
    }
  }

  X* y = static_cast<X*>(p.y) + n * p.y_strides.n + static_cast<long long>(c) * p.y_strides.c +
         static_cast<long long>(at[0]) * p.y_strides.z +
         static_cast<long long>(at[1]) * p.y_strides.y +
         static_cast<long long>(at[2]) * p.y_strides.x;
  if constexpr (kChannelsLast) {
    store_elements<kVector>(sums, y);
  } else {
#pragma unroll
    for (int i = 0; i < kVector; ++i) {
      if (i < available) y[static_cast<long long>(i) * p.y_strides.c] = from_float<X>(sums[i]);
    }
  }
}

}  // namespace ingot::kernels
