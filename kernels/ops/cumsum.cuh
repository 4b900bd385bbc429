// CumSum. The preamble gives X. Rows: a block scans a row, tile by tile. Columns: a thread each.
#include "kernels/common/reducer.cuh"
#include "kernels/params/cumsum.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

using Values = ValueOf<X>;
using Value = Values::Type;

/// The sum of this lane's value and those of all lanes before it.
__device__ inline Value warp_scan(Value value) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int distance = 1; distance < 32; distance *= 2) {
    const Value before = __shfl_up_sync(0xffffffffU, value, distance);
    if (lane >= distance) value += before;
  }
  return value;
}

/// Four neighbours a thread, so that a tile is 4 * blockDim.x elements.
extern "C" __global__ void __launch_bounds__(1024) cumsum_rows(const CumSumParams p) {
  begin_grid();
  constexpr int kItems = 4;
  __shared__ Value warps[32];
  const X* x = static_cast<const X*>(p.x) + blockIdx.x * static_cast<long long>(p.length);
  X* y = static_cast<X*>(p.y) + blockIdx.x * static_cast<long long>(p.length);
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  Value carry = 0;
  for (int tile = 0; tile < p.length; tile += kItems * blockDim.x) {
    const int first = tile + threadIdx.x * kItems;
    Value items[kItems], sum = 0;
#pragma unroll
    for (int i = 0; i < kItems; ++i) {
      const int at = p.reverse ? p.length - 1 - (first + i) : first + i;
      items[i] = first + i < p.length ? Values::load(x[at]) : 0;
      sum += items[i];
    }
    const Value scanned = warp_scan(sum);
    __syncthreads();
    if (lane == 31) warps[warp] = scanned;
    __syncthreads();
    const Value totals = warp_scan(lane < blockDim.x / 32 ? warps[lane] : 0);
    const Value before_warp = __shfl_sync(0xffffffffU, totals, warp == 0 ? 0 : warp - 1);
    const Value before_lane = __shfl_up_sync(0xffffffffU, scanned, 1);
    Value running = carry + (warp == 0 ? 0 : before_warp) + (lane == 0 ? 0 : before_lane);
#pragma unroll
    for (int i = 0; i < kItems; ++i) {
      const int at = p.reverse ? p.length - 1 - (first + i) : first + i;
      const Value with = running + items[i];
      if (first + i < p.length) y[at] = Values::store(p.exclusive ? running : with);
      running = with;
    }
    carry += __shfl_sync(0xffffffffU, totals, 31);
  }
}

extern "C" __global__ void __launch_bounds__(128) cumsum_columns(const CumSumParams p) {
  begin_grid();
  const long long column = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (column >= p.rows * p.inner) return;
  const long long start = column / p.inner * p.length * p.inner + column % p.inner;
  const X* x = static_cast<const X*>(p.x) + start;
  X* y = static_cast<X*>(p.y) + start;
  Value sum = 0;
#pragma unroll 4
  for (int k = 0; k < p.length; ++k) {
    const long long at = (p.reverse ? p.length - 1 - k : k) * p.inner;
    const Value with = sum + Values::load(x[at]);
    y[at] = Values::store(p.exclusive ? sum : with);
    sum = with;
  }
}

}  // namespace ingot::kernels
