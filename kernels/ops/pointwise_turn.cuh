// An expression over tensors, of which one input (kTurned) has another innermost axis than the
// output: conversions between plain and channels-last tensors on the way. The preamble is that of
// pointwise.cuh, with Turned, the type of that input. A block does a tile: it reads that input along
// its own innermost axis into shared memory, and all else along the output's.
#include "kernels/common/divide.cuh"
#include "kernels/common/scalar_ops.cuh"
#include "kernels/common/vector.cuh"
#include "kernels/params/pointwise.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

using Params = PointwiseTurnParams<kInputs + 1>;

extern "C" __global__ void __launch_bounds__(kPointwiseThreads) pointwise_turn(const Params p) {
  begin_grid();
  constexpr int kTile = 1 << kPointwiseTileLog2;
  constexpr int kRounds = kTile / kPointwiseThreads;
  // A pitch of an odd number of words: neither direction meets one bank with many threads.
  constexpr int kPad = sizeof(Turned) >= 4 ? 1 : 4 / static_cast<int>(sizeof(Turned));
  __shared__ Turned tile[kTile + kTile / 2 * kPad];
  const int log2_to = p.log2[0], log2_from = p.log2[1];
  const unsigned pitch = (1U << log2_from) + kPad;

  unsigned block = blockIdx.x;
  const unsigned first_to = take_index(&block, p.tiles[0]) << log2_to;
  const unsigned first_from = take_index(&block, p.tiles[1]) << log2_from;
  const unsigned left_to = p.extents[0].divisor - first_to;
  const unsigned left_from = p.extents[1].divisor - first_from;
  long long offsets[kInputs + 1];
#pragma unroll
  for (int i = 0; i <= kInputs; ++i) {
    offsets[i] = static_cast<long long>(p.operand[i].strides[0]) * first_to +
                 static_cast<long long>(p.operand[i].strides[1]) * first_from;
  }
  for (int axis = 2; axis < p.axes; ++axis) {
    const unsigned at = axis + 1 < p.axes ? take_index(&block, p.extents[axis]) : block;
#pragma unroll
    for (int i = 0; i <= kInputs; ++i) {
      offsets[i] += static_cast<long long>(p.operand[i].strides[axis]) * static_cast<int>(at);
    }
  }

  wait_for_previous_grid();
  const PointwiseOperand& turned = p.operand[kTurned + 1];
  const Turned* from = static_cast<const Turned*>(turned.data) + offsets[kTurned + 1];
#pragma unroll
  for (int round = 0; round < kRounds; ++round) {
    const unsigned index = round * kPointwiseThreads + threadIdx.x;
    const unsigned row = index >> log2_from, column = index & ((1U << log2_from) - 1);
    if (row < left_to && column < left_from) {
      tile[row * pitch + column] = from[static_cast<long long>(turned.strides[0]) * row +
                                        static_cast<long long>(turned.strides[1]) * column];
    }
  }
  __syncthreads();
  release_next_grid();
  Out* to = static_cast<Out*>(const_cast<void*>(p.operand[0].data));
#pragma unroll
  for (int round = 0; round < kRounds; ++round) {
    const unsigned index = round * kPointwiseThreads + threadIdx.x;
    const unsigned column = index >> log2_to, row = index & ((1U << log2_to) - 1);
    if (row >= left_to || column >= left_from) continue;
    Value point[kInputs];
#define INGOT_LOAD(i, T)                                                                        \
  if (i == kTurned) {                                                                           \
    point[i] = to_value<Value>(tile[row * pitch + column]);                                     \
  } else {                                                                                      \
    point[i] = to_value<Value>(static_cast<const T*>(                                           \
        p.operand[i + 1]                                                                        \
            .data)[offsets[i + 1] + static_cast<long long>(p.operand[i + 1].strides[0]) * row + \
                   static_cast<long long>(p.operand[i + 1].strides[1]) * column]);              \
  }
    INGOT_POINTWISE_INPUTS(INGOT_LOAD)
#undef INGOT_LOAD
    to[offsets[0] + static_cast<long long>(p.operand[0].strides[0]) * row +
       static_cast<long long>(p.operand[0].strides[1]) * column] =
        result_from<Out, (kSaturates && kIsByte<Out>)>(pointwise_expression(point));
  }
}

}  // namespace ingot::kernels
