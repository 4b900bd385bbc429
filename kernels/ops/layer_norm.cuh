// LayerNormalization and RMSNormalization of rows. The preamble gives X, S (scale and bias), Y and
// kRootMeanSquare.
#include "kernels/block/row.cuh"
#include "kernels/common/moments.cuh"
#include "kernels/common/reduce.cuh"
#include "kernels/common/vector.cuh"
#include "kernels/params/layer_norm.h"

namespace ingot::kernels {

/// values = (values - mean) * factor * scale + bias, at `at` of the row.
template <int kVector>
__device__ void normalize(const LayerNormParams& p, int at, float mean, float factor,
                          float* values) {
  float scale[kVector], bias[kVector];
  load_vector<kVector>(static_cast<const S*>(p.scale) + at, scale);
#pragma unroll
  for (int i = 0; i < kVector; ++i) bias[i] = 0;
  if (p.bias != nullptr) load_vector<kVector>(static_cast<const S*>(p.bias) + at, bias);
#pragma unroll
  for (int i = 0; i < kVector; ++i) {
    values[i] = (values[i] - mean) * factor * scale[i] + bias[i];
  }
}

/// Mean in one pass over the registers, variance in a second: no digits are lost to a large mean.
template <typename Group, int kVector, int kSteps>
__device__ void layer_norm_row(const LayerNormParams& p) {
  const long long row = Group::row();
  const int length = row < p.rows ? p.length : 0;
  const float share = 1.0F / static_cast<float>(p.length);
  float values[kVector * kSteps];
  load_row<Group, kVector, kSteps>(static_cast<const X*>(p.x) + row * p.length, length, 0.0F,
                                   values);
  float mean = 0, squares = 0;
  if (!kRootMeanSquare) {
#pragma unroll
    for (const float value : values) mean += value;
    mean = Group::fold(mean, 0.0F, Sum{}) * share;
  }
#pragma unroll
  for (int step = 0; step < kSteps; ++step) {
    const int at = (step * Group::threads() + Group::thread()) * kVector;
#pragma unroll
    for (int i = 0; i < kVector; ++i) {
      const float distance = at < length ? values[step * kVector + i] - mean : 0;
      squares += distance * distance;
    }
  }
  const float factor = rsqrtf(Group::fold(squares, 0.0F, Sum{}) * share + p.epsilon);
  Y* y = static_cast<Y*>(p.y) + row * p.length;
#pragma unroll
  for (int step = 0; step < kSteps; ++step) {
    const int at = (step * Group::threads() + Group::thread()) * kVector;
    if (at < length) normalize<kVector>(p, at, mean, factor, values + step * kVector);
  }
  store_row<Group, kVector, kSteps>(values, length, y);
}

/// The row is read twice: for its moments, and to be normalised.
template <int kVector>
__device__ void layer_norm_long_row(const LayerNormParams& p) {
  const X* x = static_cast<const X*>(p.x) + blockIdx.x * static_cast<long long>(p.length);
  Y* y = static_cast<Y*>(p.y) + blockIdx.x * static_cast<long long>(p.length);
  const float share = 1.0F / static_cast<float>(p.length);
  const int first = threadIdx.x * kVector, step = blockDim.x * kVector;
  float mean = 0, squares = 0, values[kVector];
  if (kRootMeanSquare) {
    for (int at = first; at < p.length; at += step) {
      load_vector<kVector>(x + at, values);
#pragma unroll
      for (const float value : values) squares += value * value;
    }
    squares = BlockGroup::fold(squares, 0.0F, Sum{});
  } else {
    Moments moments = {0, 0, 0};
    for (int at = first; at < p.length; at += step) {
      load_vector<kVector>(x + at, values);
      moments = JoinMoments{}(moments, moments_of<kVector>(values));
    }
    moments = BlockGroup::fold(moments, Moments{0, 0, 0}, JoinMoments{});
    mean = moments.mean;
    squares = moments.squares;
  }
  const float factor = rsqrtf(squares * share + p.epsilon);
  for (int at = first; at < p.length; at += step) {
    load_vector<kVector>(x + at, values);
    normalize<kVector>(p, at, mean, factor, values);
    store_vector<kVector>(values, y + at);
  }
}

INGOT_ROW_KERNELS(layer_norm, LayerNormParams)

}  // namespace ingot::kernels
