// RoiAlign: each bin of a region is the mean or the maximum of bilinear samples.
//
// Generated before: type X, kVector, kChannelsLast, kMax.
#include "kernels/common/divide.cuh"
#include "kernels/common/vector.cuh"
#include "kernels/params/sample.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

/// The two neighbours of a coordinate along an axis, and how far it is from the first.
struct Neighbours {
  int low, high;
  float rest;
};
__device__ inline Neighbours neighbours(float at, int size) {
  at = fmaxf(at, 0.0F);
  const int floor = static_cast<int>(at);
  const int low = floor < size - 1 ? floor : size - 1;
  const int high = low + 1 < size - 1 ? low + 1 : size - 1;
  return {low, high, low == size - 1 ? 0.0F : at - static_cast<float>(low)};
}

__device__ inline void add_pixel(const RoiAlignParams& p, const X* pixel, float weight,
                                 int available, bool first, float (&results)[kVector]) {
  float values[kVector] = {};
  if constexpr (kChannelsLast) {
    load_elements<kVector>(pixel, values);
  } else {
#pragma unroll
    for (int i = 0; i < kVector; ++i) {
      if (i < available) {
        values[i] = to_float(pixel[static_cast<long long>(i) * p.x_strides.c]);
      }
    }
  }
#pragma unroll
  for (int i = 0; i < kVector; ++i) {
    const float value = weight * values[i];
    if constexpr (kMax) {
      if (first || value > results[i]) results[i] = value;
    } else {
      results[i] += value;
    }
  }
}

extern "C" __global__ void __launch_bounds__(256) roi_align(const RoiAlignParams p) {
  begin_grid();
  unsigned rest = blockIdx.x * blockDim.x + threadIdx.x;
  int c = 0;
  if constexpr (kChannelsLast) c = static_cast<int>(take_index(&rest, p.vectors)) * kVector;
  const int column = static_cast<int>(take_index(&rest, p.columns));
  const int row = static_cast<int>(take_index(&rest, p.rows));
  if constexpr (!kChannelsLast) c = static_cast<int>(take_index(&rest, p.vectors)) * kVector;
  const int region = static_cast<int>(rest);
  if (region >= p.regions) return;

  const X* box = static_cast<const X*>(p.rois) + region * 4LL;
  const float left = to_float(box[0]) * p.scale - p.shift;
  const float top = to_float(box[1]) * p.scale - p.shift;
  float width = to_float(box[2]) * p.scale - p.shift - left;
  float height = to_float(box[3]) * p.scale - p.shift - top;
  if (p.at_least_one) {
    width = fmaxf(width, 1.0F);
    height = fmaxf(height, 1.0F);
  }
  const float bin_height = height / static_cast<float>(p.rows.divisor);
  const float bin_width = width / static_cast<float>(p.columns.divisor);
  const int down = p.sampling_ratio > 0 ? p.sampling_ratio : static_cast<int>(ceilf(bin_height));
  const int across = p.sampling_ratio > 0 ? p.sampling_ratio : static_cast<int>(ceilf(bin_width));

  // A region of no image is left at zero, as one without samples.
  const long long n = p.batches[region];
  const bool known = n >= 0 && n < p.images;
  const X* image = static_cast<const X*>(p.x) + (known ? n : 0) * p.x_strides.n +
                   static_cast<long long>(c) * p.x_strides.c;
  const int available = p.channels - c;
  float results[kVector] = {};
  bool first = true;
  for (int i = 0; i < down && known; ++i) {
    const float in_y = (static_cast<float>(i) + 0.5F) / static_cast<float>(down);
    const float at_y = top + (static_cast<float>(row) + in_y) * bin_height;
    for (int k = 0; k < across; ++k) {
      const float in_x = (static_cast<float>(k) + 0.5F) / static_cast<float>(across);
      const float at_x = left + (static_cast<float>(column) + in_x) * bin_width;
      // Samples outside of the image count as zeros.
      const bool inside = at_y >= -1 && at_x >= -1 && at_y <= static_cast<float>(p.height) &&
                          at_x <= static_cast<float>(p.width);
      const Neighbours y = neighbours(inside ? at_y : 0, p.height);
      const Neighbours x = neighbours(inside ? at_x : 0, p.width);
#pragma unroll
      for (int corner = 0; corner < 4; ++corner) {
        const bool below = corner >= 2, right = corner % 2 == 1;
        const float weight =
            (below ? y.rest : 1 - y.rest) * (right ? x.rest : 1 - x.rest) * (inside ? 1.0F : 0.0F);
        add_pixel(p,
                  image + static_cast<long long>(below ? y.high : y.low) * p.x_strides.y +
                      static_cast<long long>(right ? x.high : x.low) * p.x_strides.x,
                  weight, available, first, results);
        first = false;
      }
    }
  }
  if constexpr (!kMax) {
    const int samples = down * across > 1 ? down * across : 1;
#pragma unroll
    for (int i = 0; i < kVector; ++i) results[i] /= static_cast<float>(samples);
  }

  X* y = static_cast<X*>(p.y) + region * p.y_strides.n + static_cast<long long>(c) * p.y_strides.c +
         static_cast<long long>(row) * p.y_strides.y +
         static_cast<long long>(column) * p.y_strides.x;
  if constexpr (kChannelsLast) {
    store_elements<kVector>(results, y);
  } else {
#pragma unroll
    for (int i = 0; i < kVector; ++i) {
      if (i < available) y[static_cast<long long>(i) * p.y_strides.c] = from_float<X>(results[i]);
    }
  }
}

}  // namespace ingot::kernels
