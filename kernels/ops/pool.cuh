// Max, average and p-norm pools over one to three spatial axes. A thread computes kVector
// neighbouring channels of one output.
//
// Generated before: types X and Y, kVector (1: planes), kPool ('m' max, 'a' average, 'l' p-norm).
#include "kernels/common/divide.cuh"
#include "kernels/common/reduce.cuh"
#include "kernels/common/vector.cuh"
#include "kernels/params/pool.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

/// First and last tap, exclusive, that lie in [0, size) along an axis.
struct TapRange {
  int begin, end;
};
__device__ inline TapRange taps_inside(const WindowParams& window, int axis, int start, int size) {
  const int dilation = window.dilations[axis];
  TapRange range{0, window.kernel[axis]};
  if (start < 0) range.begin = (-start + dilation - 1) / dilation;
  const int room = size - start;
  const int fit = room <= 0 ? 0 : (room - 1) / dilation + 1;
  if (fit < range.end) range.end = fit;
  return range;
}
__device__ inline int length(const TapRange& range) {
  return range.end > range.begin ? range.end - range.begin : 0;
}

/// A maximum that keeps NaN.
__device__ inline float greater_of(float peak, float value) {
  return value > peak || value != value ? value : peak;
}

__device__ inline void add_tap(const PoolParams& p, float value, float* result) {
  if constexpr (kPool == 'm') {
    *result = greater_of(*result, value);
  } else if constexpr (kPool == 'a') {
    *result += value;
  } else {
    const float size = fabsf(value);
    *result += p.exponent == 2 ? size * size : p.exponent == 1 ? size : powf(size, p.exponent);
  }
}

extern "C" __global__ void __launch_bounds__(256) pool(const PoolParams p) {
  begin_grid();
  const WindowParams& window = p.window;
  unsigned rest = blockIdx.x * blockDim.x + threadIdx.x;
  // Neighbouring threads follow the order of y in memory.
  int c = 0;
  if constexpr (kVector > 1) c = static_cast<int>(take_index(&rest, p.vectors)) * kVector;
  int at[3];
#pragma unroll
  for (int axis = 2; axis >= 0; --axis) {
    at[axis] = static_cast<int>(take_index(&rest, p.positions[axis]));
  }
  if constexpr (kVector == 1) c = static_cast<int>(take_index(&rest, p.vectors));
  const int n = static_cast<int>(rest);
  if (n >= p.batch) return;

  int start[3];
  TapRange range[3];
#pragma unroll
  for (int axis = 0; axis < 3; ++axis) {
    start[axis] = at[axis] * window.strides[axis] - window.begin_pads[axis];
    range[axis] = taps_inside(window, axis, start[axis], window.image[axis]);
  }
  const X* image =
      static_cast<const X*>(p.x) + n * p.x_strides.n + static_cast<long long>(c) * p.x_strides.c;
  const int available = p.channels - c;
  float results[kVector];
#pragma unroll
  for (int i = 0; i < kVector; ++i) results[i] = kPool == 'm' ? -infinity() : 0.0F;
  for (int kz = range[0].begin; kz < range[0].end; ++kz) {
    for (int ky = range[1].begin; ky < range[1].end; ++ky) {
      const X* row = image +
                     static_cast<long long>(start[0] + kz * window.dilations[0]) * p.x_strides.z +
                     static_cast<long long>(start[1] + ky * window.dilations[1]) * p.x_strides.y;
#pragma unroll 4
      for (int kx = range[2].begin; kx < range[2].end; ++kx) {
        const X* pixel =
            row + static_cast<long long>(start[2] + kx * window.dilations[2]) * p.x_strides.x;
        if (p.aligned) {
          float values[kVector];
          load_vector<kVector>(pixel, values);
#pragma unroll
          for (int i = 0; i < kVector; ++i) add_tap(p, values[i], &results[i]);
        } else {
#pragma unroll
          for (int i = 0; i < kVector; ++i) {
            if (i < available) {
              add_tap(p, to_float(pixel[static_cast<long long>(i) * p.x_strides.c]), &results[i]);
            }
          }
        }
      }
    }
  }

  if constexpr (kPool == 'a') {
    int count = 1;
#pragma unroll
    for (int axis = 0; axis < 3; ++axis) {
      if (p.count_padding) {
        // A window that overhangs the padding too is divided by what it covers.
        range[axis] = {
            0,
            taps_inside(window, axis, start[axis], window.image[axis] + window.end_pads[axis]).end};
      }
      count *= length(range[axis]);
    }
    const float divisor = static_cast<float>(count > 1 ? count : 1);
#pragma unroll
    for (int i = 0; i < kVector; ++i) results[i] /= divisor;
  } else if constexpr (kPool == 'l') {
#pragma unroll
    for (int i = 0; i < kVector; ++i) {
      results[i] = p.exponent == 2   ? sqrtf(results[i])
                   : p.exponent == 1 ? results[i]
                                     : powf(results[i], 1 / p.exponent);
    }
  }

  Y* y = static_cast<Y*>(p.y) + n * p.y_strides.n + static_cast<long long>(c) * p.y_strides.c +
         static_cast<long long>(at[0]) * p.y_strides.z +
         static_cast<long long>(at[1]) * p.y_strides.y +
         static_cast<long long>(at[2]) * p.y_strides.x;
  if (p.aligned) {
    store_vector<kVector>(results, y);
  } else {
#pragma unroll
    for (int i = 0; i < kVector; ++i) {
      if (i < available) y[static_cast<long long>(i) * p.y_strides.c] = from_float<Y>(results[i]);
    }
  }
}

}  // namespace ingot::kernels
