// Reductions. The preamble gives X, Y, kFold and kFinish. Rows: the reduced elements of an output lie
// side by side (or in runs), and lanes, a warp or a block share them. Columns: outputs lie side by
// side, and so do the threads. Both split long sums over blocks where outputs are few; parts are
// joined by a second kernel in a fixed order.
#include "kernels/block/row.cuh"
#include "kernels/common/reducer.cuh"
#include "kernels/common/vector.cuh"
#include "kernels/params/reduce.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

using Rule = Reducer<X, kFold, kFinish, Y>;
using Total = Rule::Total;
using Join = Rule::Join;

/// Where the element of this index lies, by `strides`.
__device__ inline long long offset_of(const ReduceAxes& axes, const long long* strides,
                                      unsigned index) {
  if (axes.count == 0) return 0;
  long long offset = 0;
#pragma unroll 1
  for (int axis = axes.count - 1; axis > 0; --axis) {
    offset += index % axes.extents[axis] * strides[axis];
    index /= axes.extents[axis];
  }
  return offset + index * strides[0];
}

/// Adds the kVector elements from `from` on, each to its own total.
template <int kVector>
__device__ void add_vector(const X* from, Total (&totals)[kVector]) {
  const Vector<X, kVector> vector = load_raw<kVector>(from);
#pragma unroll
  for (int i = 0; i < kVector; ++i) Rule::add(totals[i], vector.elements[i]);
}

/// blockIdx.y is the split.
template <typename Group, int kVector>
__device__ void reduce_rows(const ReduceParams& p) {
  const long long output = Group::row();
  const bool inside = output < p.outputs;
  const unsigned index = inside ? static_cast<unsigned>(output) : 0;
  const X* x = static_cast<const X*>(p.x) + offset_of(p.kept, p.kept.from, index);
  const unsigned begin = blockIdx.y * p.part;
  const unsigned end = p.length - begin > p.part ? begin + p.part : p.length;
  const unsigned step = Group::threads() * kVector;
  Total totals[kVector];
#pragma unroll
  for (Total& total : totals) total = Rule::nothing();
  if (inside && p.reduced.count == 0) {
#pragma unroll 4
    for (unsigned at = begin + Group::thread() * kVector; at < end; at += step) {
      add_vector<kVector>(x + at, totals);
    }
  } else if (inside) {
#pragma unroll 1
    for (unsigned at = begin + Group::thread() * kVector; at < end; at += step) {
      const long long run = offset_of(p.reduced, p.reduced.from, at / p.run);
      add_vector<kVector>(x + run + at % p.run, totals);
    }
  }
#pragma unroll
  for (int i = 1; i < kVector; ++i) totals[0] = Join{}(totals[0], totals[i]);
  const Total total = Group::fold(totals[0], Rule::nothing(), Join{});
  if (!inside || Group::thread() != 0) return;
  if (p.splits > 1) {
    static_cast<Total*>(p.partials)[static_cast<long long>(blockIdx.y) * p.outputs + output] =
        total;
  } else {
    static_cast<Y*>(p.y)[offset_of(p.kept, p.kept.to, index)] = Rule::finished(p, total);
  }
}

/// blockIdx.x: columns; blockIdx.y: outputs; blockIdx.z: split. The threads of a column (a power of
/// two) share its rows.
template <int kVector>
__device__ void reduce_columns(const ReduceParams& p) {
  __shared__ Total shared[256 * kVector];
  const unsigned column = (blockIdx.x * blockDim.x + threadIdx.x) * kVector;
  const bool inside = column < p.run;
  const unsigned begin = blockIdx.z * p.part;
  const unsigned end = p.length - begin > p.part ? begin + p.part : p.length;
  for (unsigned output = blockIdx.y; output < p.outputs; output += gridDim.y) {
    const X* x = static_cast<const X*>(p.x) + offset_of(p.kept, p.kept.from, output) + column;
    Total totals[kVector];
#pragma unroll
    for (Total& total : totals) total = Rule::nothing();
    if (inside && p.reduced.count == 1) {
      const long long stride = p.reduced.from[0];
#pragma unroll 4
      for (unsigned row = begin + threadIdx.y; row < end; row += blockDim.y) {
        add_vector<kVector>(x + row * stride, totals);
      }
    } else if (inside) {
#pragma unroll 1
      for (unsigned row = begin + threadIdx.y; row < end; row += blockDim.y) {
        add_vector<kVector>(x + offset_of(p.reduced, p.reduced.from, row), totals);
      }
    }
    const unsigned threads = blockDim.x * blockDim.y;
    const unsigned thread = threadIdx.y * blockDim.x + threadIdx.x;
    for (unsigned half = blockDim.y / 2; half > 0; half /= 2) {
      __syncthreads();
      if (threadIdx.y >= half) {
#pragma unroll
        for (int i = 0; i < kVector; ++i) shared[i * threads + thread] = totals[i];
      }
      __syncthreads();
      if (threadIdx.y < half) {
#pragma unroll
        for (int i = 0; i < kVector; ++i) {
          totals[i] = Join{}(totals[i], shared[i * threads + thread + half * blockDim.x]);
        }
      }
    }
    if (!inside || threadIdx.y != 0) continue;
    Y* y = static_cast<Y*>(p.y) + offset_of(p.kept, p.kept.to, output);
    Total* part = static_cast<Total*>(p.partials) +
                  (static_cast<long long>(blockIdx.z) * p.outputs + output) * p.run + column;
#pragma unroll
    for (int i = 0; i < kVector; ++i) {
      if (p.splits > 1) {
        part[i] = totals[i];
      } else {
        y[(column + i) * p.run_to] = Rule::finished(p, totals[i]);
      }
    }
  }
}

/// A warp for each output of the splits. Outputs side by side are counted by `run` for columns.
template <bool kColumns>
__device__ void reduce_join(const ReduceParams& p) {
  const unsigned side = kColumns ? p.run : 1;
  const long long output = LaneGroup<32>::row(), outputs = static_cast<long long>(p.outputs) * side;
  if (output >= outputs) return;
  Total total = Rule::nothing();
  for (unsigned split = threadIdx.x % 32; split < p.splits; split += 32) {
    total = Join{}(total, static_cast<const Total*>(p.partials)[split * outputs + output]);
  }
  total = warp_fold(total, Join{});
  if (threadIdx.x % 32 != 0) return;
  const auto index = static_cast<unsigned>(output / side);
  const long long to = offset_of(p.kept, p.kept.to, index) + output % side * p.run_to;
  static_cast<Y*>(p.y)[to] = Rule::finished(p, total);
}

extern "C" __global__ void __launch_bounds__(128) reduce_lanes_one(const ReduceParams p) {
  begin_grid();
  reduce_rows<LaneGroup<8>, 1>(p);
}
extern "C" __global__ void __launch_bounds__(128) reduce_lanes_vector(const ReduceParams p) {
  begin_grid();
  reduce_rows<LaneGroup<8>, kVectorOf<X>>(p);
}
extern "C" __global__ void __launch_bounds__(128) reduce_warp_one(const ReduceParams p) {
  begin_grid();
  reduce_rows<LaneGroup<32>, 1>(p);
}
extern "C" __global__ void __launch_bounds__(128) reduce_warp_vector(const ReduceParams p) {
  begin_grid();
  reduce_rows<LaneGroup<32>, kVectorOf<X>>(p);
}
extern "C" __global__ void __launch_bounds__(512) reduce_block_one(const ReduceParams p) {
  begin_grid();
  reduce_rows<BlockGroup, 1>(p);
}
extern "C" __global__ void __launch_bounds__(512) reduce_block_vector(const ReduceParams p) {
  begin_grid();
  reduce_rows<BlockGroup, kVectorOf<X>>(p);
}
extern "C" __global__ void __launch_bounds__(128) reduce_rows_join(const ReduceParams p) {
  begin_grid();
  reduce_join<false>(p);
}
extern "C" __global__ void __launch_bounds__(256) reduce_columns_one(const ReduceParams p) {
  begin_grid();
  reduce_columns<1>(p);
}
/// Two 16-bit elements: more blocks than with whole vectors.
extern "C" __global__ void __launch_bounds__(256) reduce_columns_pair(const ReduceParams p) {
  begin_grid();
  reduce_columns<2>(p);
}
extern "C" __global__ void __launch_bounds__(256) reduce_columns_vector(const ReduceParams p) {
  begin_grid();
  reduce_columns<kVectorOf<X>>(p);
}
extern "C" __global__ void __launch_bounds__(128) reduce_columns_join(const ReduceParams p) {
  begin_grid();
  reduce_join<true>(p);
}

}  // namespace ingot::kernels
