// GroupNormalization and InstanceNormalization of plain tensors, where a group lies side by side:
// in one kernel where a block's registers hold a group, else moments of parts, then apply. The
// preamble gives X, S (scale and bias) and Y.
#include "kernels/block/row.cuh"
#include "kernels/common/moments.cuh"
#include "kernels/common/vector.cuh"
#include "kernels/params/group_norm.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

/// The kVector elements from `at` of a group on; with vectors, planes are whole vectors.
template <int kVector>
__device__ void normalize(const GroupNormParams& p, int first_channel, int at, float mean,
                          float factor, float* values) {
  const int channel = first_channel + at / p.plane;
  const float scale = factor * to_float(static_cast<const S*>(p.scale)[channel]);
  const float bias = to_float(static_cast<const S*>(p.bias)[channel]);
#pragma unroll
  for (int i = 0; i < kVector; ++i) values[i] = (values[i] - mean) * scale + bias;
}

/// First channel of a group, whichever image it is of.
__device__ inline int first_channel_of(const GroupNormParams& p, int group) {
  return group % (p.channels / p.group_channels) * p.group_channels;
}

template <int kVector>
__device__ void group_norm_small(const GroupNormParams& p) {
  constexpr int kSteps = 16 / kVector;
  const int length = p.plane * p.group_channels;
  const long long start = static_cast<long long>(blockIdx.x) * length;
  const float share = 1.0F / static_cast<float>(length);
  float values[16], mean = 0, squares = 0;
  load_row<BlockGroup, kVector, kSteps>(static_cast<const X*>(p.x) + start, length, 0.0F, values);
#pragma unroll
  for (const float value : values) mean += value;
  mean = BlockGroup::fold(mean, 0.0F, Sum{}) * share;
#pragma unroll
  for (int i = 0; i < 16; ++i) {
    const int at = (i / kVector * BlockGroup::threads() + BlockGroup::thread()) * kVector;
    const float distance = at < length ? values[i] - mean : 0;
    squares += distance * distance;
  }
  const float factor = rsqrtf(BlockGroup::fold(squares, 0.0F, Sum{}) * share + p.epsilon);
  const int channel = first_channel_of(p, blockIdx.x);
#pragma unroll
  for (int step = 0; step < kSteps; ++step) {
    const int at = (step * BlockGroup::threads() + BlockGroup::thread()) * kVector;
    if (at < length) {
      normalize<kVector>(p, channel, at, mean, factor, values + step * kVector);
    }
  }
  store_row<BlockGroup, kVector, kSteps>(values, length, static_cast<Y*>(p.y) + start);
}

/// blockIdx.x is the part of the group, blockIdx.y and z the group.
template <int kVector>
__device__ void group_norm_moments(const GroupNormParams& p) {
  __shared__ Moments shared[32];
  const int length = p.plane * p.group_channels;
  const long long group = static_cast<long long>(blockIdx.z) * gridDim.y + blockIdx.y;
  const X* x = static_cast<const X*>(p.x) + group * length;
  const int begin = blockIdx.x * p.part;
  const int end = length - begin > p.part ? begin + p.part : length;
  const int step = blockDim.x * kVector;
  Moments moments = {0, 0, 0};
  float values[4 * kVector];
  int at = begin + threadIdx.x * kVector;
  // Four loads are in flight at a time.
  for (; at < end - 3 * step; at += 4 * step) {
#pragma unroll
    for (int i = 0; i < 4; ++i) load_vector<kVector>(x + at + i * step, values + i * kVector);
    moments = JoinMoments{}(moments, moments_of<4 * kVector>(values));
  }
  for (; at < end; at += step) {
    load_vector<kVector>(x + at, values);
    moments = JoinMoments{}(moments, moments_of<kVector>(values));
  }
  moments = block_fold(moments, Moments{0, 0, 0}, JoinMoments{}, shared);
  if (threadIdx.x == 0) {
    static_cast<Moments*>(p.partials)[group * p.splits + blockIdx.x] = moments;
  }
}

template <int kVector>
__device__ void group_norm_apply(const GroupNormParams& p) {
  __shared__ Moments shared;
  const int length = p.plane * p.group_channels;
  const long long group = static_cast<long long>(blockIdx.z) * gridDim.y + blockIdx.y;
  if (threadIdx.x < 32) {
    Moments moments = {0, 0, 0};
    for (int i = threadIdx.x; i < p.splits; i += 32) {
      const Moments part = static_cast<const Moments*>(p.partials)[group * p.splits + i];
      moments = JoinMoments{}(moments, part);
    }
    moments = warp_fold(moments, JoinMoments{});
    if (threadIdx.x == 0) shared = moments;
  }
  __syncthreads();
  const float mean = shared.mean;
  const float factor = rsqrtf(shared.squares / static_cast<float>(length) + p.epsilon);
  const int channel = first_channel_of(p, static_cast<int>(group));
  const X* x = static_cast<const X*>(p.x) + group * length;
  Y* y = static_cast<Y*>(p.y) + group * length;
  const int begin = blockIdx.x * p.part;
  const int end = length - begin > p.part ? begin + p.part : length;
  for (int at = begin + threadIdx.x * kVector; at < end; at += blockDim.x * kVector) {
    float values[kVector];
    load_vector<kVector>(x + at, values);
    normalize<kVector>(p, channel, at, mean, factor, values);
    store_vector<kVector>(values, y + at);
  }
}

extern "C" __global__ void __launch_bounds__(1024) group_norm_small_one(const GroupNormParams p) {
  begin_grid();
  group_norm_small<1>(p);
}
extern "C" __global__ void __launch_bounds__(1024)
    group_norm_small_vector(const GroupNormParams p) {
  begin_grid();
  group_norm_small<kVectorOf<X>>(p);
}
extern "C" __global__ void __launch_bounds__(512) group_norm_moments_one(const GroupNormParams p) {
  begin_grid();
  group_norm_moments<1>(p);
}
extern "C" __global__ void __launch_bounds__(512)
    group_norm_moments_vector(const GroupNormParams p) {
  begin_grid();
  group_norm_moments<kVectorOf<X>>(p);
}
extern "C" __global__ void __launch_bounds__(512) group_norm_apply_one(const GroupNormParams p) {
  begin_grid();
  group_norm_apply<1>(p);
}
extern "C" __global__ void __launch_bounds__(512) group_norm_apply_vector(const GroupNormParams p) {
  begin_grid();
  group_norm_apply<kVectorOf<X>>(p);
}

}  // namespace ingot::kernels
