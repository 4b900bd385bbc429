// Softmax and LogSoftmax. The preamble gives X and kLogarithm.
#include "kernels/block/row.cuh"
#include "kernels/common/softmax_total.cuh"
#include "kernels/common/vector.cuh"
#include "kernels/params/softmax.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

/// What turns x into the result: exp(x - peak) * factor, or x - peak - factor.
__device__ inline float softmax_factor(float sum) { return kLogarithm ? logf(sum) : 1.0F / sum; }
__device__ inline float softmax_of(float x, float peak, float factor) {
  return kLogarithm ? x - peak - factor : expf(x - peak) * factor;
}

template <typename Group, int kVector, int kSteps>
__device__ void softmax_row(const SoftmaxParams& p) {
  const long long row = Group::row();
  const int length = row < p.rows ? p.length : 0;
  float values[kVector * kSteps];
  load_row<Group, kVector, kSteps>(static_cast<const X*>(p.x) + row * p.length, length, -infinity(),
                                   values);
  float peak = kLowest, sum = 0;
#pragma unroll
  for (float& value : values) peak = fmaxf(peak, value);
  peak = Group::fold(peak, kLowest, Max{});
#pragma unroll
  for (float& value : values) {
    value -= peak;
    const float power = expf(value);
    sum += power;
    if (!kLogarithm) value = power;
  }
  const float factor = softmax_factor(Group::fold(sum, 0.0F, Sum{}));
#pragma unroll
  for (float& value : values) value = kLogarithm ? value - factor : value * factor;
  store_row<Group, kVector, kSteps>(values, length, static_cast<X*>(p.y) + row * p.length);
}

template <int kVector>
__device__ void softmax_long_row(const SoftmaxParams& p) {
  const X* x = static_cast<const X*>(p.x) + blockIdx.x * static_cast<long long>(p.length);
  X* y = static_cast<X*>(p.y) + blockIdx.x * static_cast<long long>(p.length);
  const int first = threadIdx.x * kVector, step = blockDim.x * kVector;
  SoftmaxTotal total = SoftmaxTotal::none();
  float values[kVector];
  for (int at = first; at < p.length; at += step) {
    load_vector<kVector>(x + at, values);
    float peak = total.peak;
#pragma unroll
    for (const float value : values) peak = fmaxf(peak, value);
    total.sum *= expf(total.peak - peak);
    total.peak = peak;
#pragma unroll
    for (const float value : values) total.sum += expf(value - peak);
  }
  total = BlockGroup::fold(total, SoftmaxTotal::none(), JoinSoftmax{});
  const float factor = softmax_factor(total.sum);
  for (int at = first; at < p.length; at += step) {
    load_vector<kVector>(x + at, values);
#pragma unroll
    for (float& value : values) value = softmax_of(value, total.peak, factor);
    store_vector<kVector>(values, y + at);
  }
}

INGOT_ROW_KERNELS(softmax, SoftmaxParams)

/// Down the columns of [length, inner] matrices, one for each blockIdx.y: threadIdx.x goes along the
/// columns, and the threads of one column (threadIdx.y) share its rows.
template <int kVector>
__device__ void softmax_columns(const SoftmaxParams& p) {
  __shared__ SoftmaxTotal shared[256 * kVector];
  const long long column =
      (static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x) * kVector;
  const bool inside = column < p.inner;
  for (long long row = blockIdx.y; row < p.rows; row += gridDim.y) {
    const X* x = static_cast<const X*>(p.x) + row * p.length * p.inner + column;
    X* y = static_cast<X*>(p.y) + row * p.length * p.inner + column;
    SoftmaxTotal totals[kVector];
    float values[kVector], factors[kVector];
#pragma unroll
    for (SoftmaxTotal& total : totals) total = SoftmaxTotal::none();
    for (int k = threadIdx.y; inside && k < p.length; k += blockDim.y) {
      load_vector<kVector>(x + k * p.inner, values);
#pragma unroll
      for (int i = 0; i < kVector; ++i) totals[i].add(values[i]);
    }
    if (blockDim.y > 1) {
#pragma unroll
      for (int i = 0; i < kVector; ++i) {
        shared[(threadIdx.y * kVector + i) * blockDim.x + threadIdx.x] = totals[i];
      }
      __syncthreads();
#pragma unroll
      for (int i = 0; i < kVector; ++i) {
        totals[i] = shared[i * blockDim.x + threadIdx.x];
        for (int part = 1; part < blockDim.y; ++part) {
          totals[i] =
              JoinSoftmax{}(totals[i], shared[(part * kVector + i) * blockDim.x + threadIdx.x]);
        }
      }
      __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < kVector; ++i) factors[i] = softmax_factor(totals[i].sum);
    for (int k = threadIdx.y; inside && k < p.length; k += blockDim.y) {
      load_vector<kVector>(x + k * p.inner, values);
#pragma unroll
      for (int i = 0; i < kVector; ++i) {
        values[i] = softmax_of(values[i], totals[i].peak, factors[i]);
      }
      store_vector<kVector>(values, y + k * p.inner);
    }
  }
}

extern "C" __global__ void __launch_bounds__(256) softmax_columns_one(const SoftmaxParams p) {
  begin_grid();
  softmax_columns<1>(p);
}
extern "C" __global__ void __launch_bounds__(256) softmax_columns_vector(const SoftmaxParams p) {
  begin_grid();
  softmax_columns<kVectorOf<X>>(p);
}

}  // namespace ingot::kernels
