// GroupNormalization and InstanceNormalization of channels-last tensors: moments of each channel over
// parts of the pixels, joined by group, then apply. A thread keeps its channels and goes from pixel
// to pixel. The preamble gives X, S (scale and bias) and Y.
#include "kernels/common/moments.cuh"
#include "kernels/common/vector.cuh"
#include "kernels/params/group_norm.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

inline constexpr int kThreads = 256;

/// Of kVector channels over the same pixels: the count is one for all.
template <int kVector>
struct ChannelMoments {
  float count = 0, mean[kVector] = {}, squares[kVector] = {};

  __device__ void join(float more, const float* more_mean, const float* more_squares) {
    if (more == 0) return;
    const float part = more / (count + more), weight = count * part;
#pragma unroll
    for (int i = 0; i < kVector; ++i) {
      const float distance = more_mean[i] - mean[i];
      mean[i] += distance * part;
      squares[i] += more_squares[i] + distance * distance * weight;
    }
    count += more;
  }
};

/// Moments of `kPixels` pixels, `stride` elements apart.
template <int kVector, int kPixels>
__device__ void add_pixels(const X* x, long long stride, ChannelMoments<kVector>* moments) {
  float values[kPixels][kVector], mean[kVector], squares[kVector];
#pragma unroll
  for (int k = 0; k < kPixels; ++k) load_vector<kVector>(x + k * stride, values[k]);
#pragma unroll
  for (int i = 0; i < kVector; ++i) {
    mean[i] = squares[i] = 0;
#pragma unroll
    for (int k = 0; k < kPixels; ++k) mean[i] += values[k][i];
    mean[i] *= 1.0F / kPixels;
#pragma unroll
    for (int k = 0; k < kPixels; ++k) {
      squares[i] += (values[k][i] - mean[i]) * (values[k][i] - mean[i]);
    }
  }
  moments->join(kPixels, mean, squares);
}

/// blockIdx.x: channels; blockIdx.y: part of the pixels; blockIdx.z: image. threadIdx.y (a power of
/// two of them) share the pixels of the part.
template <int kVector>
__device__ void moments_of_channels(const GroupNormParams& p) {
  __shared__ float counts[kThreads];
  __shared__ float means[kThreads][kVector], squares[kThreads][kVector];
  const int channel = (blockIdx.x * blockDim.x + threadIdx.x) * kVector;
  const bool inside = channel < p.channels;
  const X* x = static_cast<const X*>(p.x) +
               static_cast<long long>(blockIdx.z) * p.plane * p.channels + channel;
  const int begin = blockIdx.y * p.part;
  const int end = p.plane - begin > p.part ? begin + p.part : p.plane;
  const long long stride = static_cast<long long>(blockDim.y) * p.channels;
  ChannelMoments<kVector> moments;
  if (inside) {
    const int step = blockDim.y;
    int pixel = begin + threadIdx.y;
    for (; pixel < end - 3 * step; pixel += 4 * step) {
      add_pixels<kVector, 4>(x + static_cast<long long>(pixel) * p.channels, stride, &moments);
    }
    for (; pixel < end; pixel += step) {
      add_pixels<kVector, 1>(x + static_cast<long long>(pixel) * p.channels, stride, &moments);
    }
  }
  const int thread = threadIdx.y * blockDim.x + threadIdx.x;
  for (unsigned half = blockDim.y / 2; half > 0; half /= 2) {
    if (threadIdx.y >= half && threadIdx.y < 2 * half) {
      counts[thread] = moments.count;
#pragma unroll
      for (int i = 0; i < kVector; ++i) {
        means[thread][i] = moments.mean[i];
        squares[thread][i] = moments.squares[i];
      }
    }
    __syncthreads();
    if (threadIdx.y < half) {
      const int other = thread + half * blockDim.x;
      moments.join(counts[other], means[other], squares[other]);
    }
  }
  if (threadIdx.y != 0 || !inside) return;
  Moments* to = static_cast<Moments*>(p.partials) +
                (static_cast<long long>(blockIdx.z) * p.splits + blockIdx.y) * p.channels + channel;
#pragma unroll
  for (int i = 0; i < kVector; ++i) to[i] = {moments.count, moments.mean[i], moments.squares[i]};
}

/// A warp for each group: blockIdx.y is the image.
extern "C" __global__ void __launch_bounds__(128) group_norm_last_join(const GroupNormParams p) {
  begin_grid();
  const int groups = p.channels / p.group_channels;
  const int group = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
  if (group >= groups) return;
  const Moments* from = static_cast<const Moments*>(p.partials) +
                        static_cast<long long>(blockIdx.y) * p.splits * p.channels +
                        group * p.group_channels;
  Moments moments = {0, 0, 0};
  for (int i = threadIdx.x % 32; i < p.splits * p.group_channels; i += 32) {
    const int split = i / p.group_channels;
    const long long at = static_cast<long long>(split) * p.channels + i % p.group_channels;
    moments = JoinMoments{}(moments, from[at]);
  }
  moments = warp_fold(moments, JoinMoments{});
  if (threadIdx.x % 32 != 0) return;
  const float length = static_cast<float>(p.plane) * static_cast<float>(p.group_channels);
  static_cast<float2*>(p.totals)[blockIdx.y * groups + group] = {
      moments.mean, rsqrtf(moments.squares / length + p.epsilon)};
}

template <int kVector>
__device__ void apply_to_channels(const GroupNormParams& p) {
  const int channel = (blockIdx.x * blockDim.x + threadIdx.x) * kVector;
  if (channel >= p.channels) return;
  const int groups = p.channels / p.group_channels;
  float mean[kVector], scale[kVector], bias[kVector], values[kVector];
#pragma unroll
  for (int i = 0; i < kVector; ++i) {
    const int group = (channel + i) / p.group_channels;
    const float2 total = static_cast<const float2*>(p.totals)[blockIdx.z * groups + group];
    mean[i] = total.x;
    scale[i] = total.y * to_float(static_cast<const S*>(p.scale)[channel + i]);
    bias[i] = to_float(static_cast<const S*>(p.bias)[channel + i]);
  }
  const long long image = static_cast<long long>(blockIdx.z) * p.plane * p.channels + channel;
  const X* x = static_cast<const X*>(p.x) + image;
  Y* y = static_cast<Y*>(p.y) + image;
  const int begin = blockIdx.y * p.part;
  const int end = p.plane - begin > p.part ? begin + p.part : p.plane;
#pragma unroll 4
  for (int pixel = begin + threadIdx.y; pixel < end; pixel += blockDim.y) {
    const long long at = static_cast<long long>(pixel) * p.channels;
    load_vector<kVector>(x + at, values);
#pragma unroll
    for (int i = 0; i < kVector; ++i) values[i] = (values[i] - mean[i]) * scale[i] + bias[i];
    store_vector<kVector>(values, y + at);
  }
}

extern "C" __global__ void __launch_bounds__(kThreads)
    group_norm_last_moments_one(const GroupNormParams p) {
  begin_grid();
  moments_of_channels<1>(p);
}
extern "C" __global__ void __launch_bounds__(kThreads)
    group_norm_last_moments_vector(const GroupNormParams p) {
  begin_grid();
  moments_of_channels<kVectorOf<X>>(p);
}
extern "C" __global__ void __launch_bounds__(kThreads)
    group_norm_last_apply_one(const GroupNormParams p) {
  begin_grid();
  apply_to_channels<1>(p);
}
extern "C" __global__ void __launch_bounds__(kThreads)
    group_norm_last_apply_vector(const GroupNormParams p) {
  begin_grid();
  apply_to_channels<kVectorOf<X>>(p);
}

}  // namespace ingot::kernels
