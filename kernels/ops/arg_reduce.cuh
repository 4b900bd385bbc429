// ArgMax and ArgMin. The preamble gives X, kLargest and kSelectLast. Where the axis is the last in
// memory a group of threads shares a row; else threads go along the columns.
#include "kernels/block/row.cuh"
#include "kernels/common/reducer.cuh"
#include "kernels/params/arg_reduce.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

using Values = ValueOf<X>;
using Value = Values::Type;

/// An element and where it stands; index -1: none yet.
struct Best {
  Value value;
  int index;
};

__device__ inline Best shuffle_xor(const Best& best, int mask) {
  return {shuffle_xor(best.value, mask), shuffle_xor(best.index, mask)};
}

/// The better of two; of equal ones the first or the last. The first NaN beats everything.
struct JoinBest {
  __device__ Best operator()(const Best& a, const Best& b) const {
    if (a.index < 0 || b.index < 0) return a.index < 0 ? b : a;
    const bool nan_a = a.value != a.value, nan_b = b.value != b.value;
    const bool a_is_first = a.index < b.index;
    if (nan_a || nan_b) return nan_a && (!nan_b || a_is_first) ? a : b;
    if (a.value == b.value) return a_is_first != kSelectLast ? a : b;
    return (a.value > b.value) == kLargest ? a : b;
  }
};

template <typename Group>
__device__ void arg_row(const ArgReduceParams& p) {
  const long long row = Group::row();
  const bool inside = row < p.rows;
  const X* x = static_cast<const X*>(p.x) + (inside ? row : 0) * p.length;
  Best best = {0, -1};
#pragma unroll 4
  for (int i = Group::thread(); i < p.length; i += Group::threads()) {
    best = JoinBest{}(best, Best{Values::load(x[i]), i});
  }
  best = Group::fold(best, Best{0, -1}, JoinBest{});
  if (inside && Group::thread() == 0) p.y[row] = best.index;
}

extern "C" __global__ void __launch_bounds__(128) arg_lanes(const ArgReduceParams p) {
  begin_grid();
  arg_row<LaneGroup<8>>(p);
}
extern "C" __global__ void __launch_bounds__(128) arg_warp(const ArgReduceParams p) {
  begin_grid();
  arg_row<LaneGroup<32>>(p);
}
extern "C" __global__ void __launch_bounds__(512) arg_block(const ArgReduceParams p) {
  begin_grid();
  arg_row<BlockGroup>(p);
}

/// threadIdx.x: columns; threadIdx.y share the elements of a column; blockIdx.y: rows.
extern "C" __global__ void __launch_bounds__(256) arg_columns(const ArgReduceParams p) {
  begin_grid();
  __shared__ Value values[256];
  __shared__ int indices[256];
  const long long column = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  const bool inside = column < p.inner;
  for (long long row = blockIdx.y; row < p.rows; row += gridDim.y) {
    const X* x = static_cast<const X*>(p.x) + row * p.length * p.inner + column;
    Best best = {0, -1};
    if (inside) {
#pragma unroll 4
      for (int k = threadIdx.y; k < p.length; k += blockDim.y) {
        best = JoinBest{}(best, Best{Values::load(x[k * p.inner]), k});
      }
    }
    __syncthreads();
    values[threadIdx.y * blockDim.x + threadIdx.x] = best.value;
    indices[threadIdx.y * blockDim.x + threadIdx.x] = best.index;
    __syncthreads();
    if (!inside || threadIdx.y != 0) continue;
    for (int i = threadIdx.x + blockDim.x; i < blockDim.x * blockDim.y; i += blockDim.x) {
      best = JoinBest{}(best, Best{values[i], indices[i]});
    }
    p.y[row * p.inner + column] = best.index;
  }
}

}  // namespace ingot::kernels
