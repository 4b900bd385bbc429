// The loop of a block of threads over the inner dimension of a matrix product on tensor cores.
//
// The preamble defines: kTileRows, kTileColumns, kDepthBytes (of the inner dimension, in each tile),
// kWarpRows x kWarpColumns x kWarpSplits warps (the last share the inner dimension), kStages.
#pragma once

#include "kernels/block/mma_tile.cuh"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

inline constexpr int kTileThreads = 32 * kWarpRows * kWarpColumns * kWarpSplits;

/// Multiplies `blocks` tiles of both operands, kStages - 1 of them on their way at a time, and gives
/// the sums in shared memory, in kWarpSplits parts, as finish_tile takes them. The loaders' start(at)
/// copies one tile after another. Where the second operand is constant (kConstantB), its first tiles
/// are under way before the kernel in front of this one has ended.
template <typename ATile, typename BTile, bool kConstantB, typename LoaderA, typename LoaderB>
__device__ inline const SumOf<typename ATile::Element>* multiply_tiles(int blocks, LoaderA& a,
                                                                       LoaderB& b) {
  using Sum = SumOf<typename ATile::Element>;
  static_assert(ATile::kDepth == BTile::kDepth);
  constexpr int kSteps = kDepthBytes / 32 / kWarpSplits,
                kStageBytes = ATile::kBytes + BTile::kBytes;
  constexpr int kRowParts = kTileRows / kWarpRows / 16,
                kColumnParts = kTileColumns / kWarpColumns / 16;
  static_assert(kSteps > 0 && kRowParts > 0 && kColumnParts > 0, "each warp has something to do");
  const int warp = static_cast<int>(threadIdx.x) / 32, split = warp / (kWarpRows * kWarpColumns);
  const int row = warp / kWarpColumns % kWarpRows * (kTileRows / kWarpRows);
  const int column = warp % kWarpColumns * (kTileColumns / kWarpColumns);
  const FragmentReader<ATile, true, kRowParts, kSteps> a_reader(row, split * kSteps);
  const FragmentReader<BTile, false, kColumnParts, kSteps> b_reader(column, split * kSteps);

  if constexpr (kConstantB) {
#pragma unroll
    for (int i = 0; i < kStages - 1; ++i) {
      if (i < blocks) b.start(i * kStageBytes + ATile::kBytes);
    }
  }
  wait_for_previous_grid();
  release_next_grid();
#pragma unroll
  for (int i = 0; i < kStages - 1; ++i) {
    if (i < blocks) {
      a.start(i * kStageBytes);
      if constexpr (!kConstantB) b.start(i * kStageBytes + ATile::kBytes);
    }
    cp_async_commit();
  }

  WarpSums<kRowParts, kColumnParts, Sum> sums;
  int here = 0, ahead = (kStages - 1) * kStageBytes;
#pragma unroll 1
  for (int block = 0; block < blocks; ++block) {
    cp_async_wait<kStages - 2>();
    __syncthreads();
    // Fragments of the next step are on their way while those of this one are multiplied, if
    // registers suffice.
    constexpr int kAhead = kRowParts * kColumnParts < 8 ? 1 : 0, kBuffers = kAhead + 1;
    unsigned rows[kBuffers][kRowParts][4], columns[kBuffers][kColumnParts][4];
    a_reader.load(rows[0], here, 0);
    b_reader.load(columns[0], here + ATile::kBytes, 0);
    if (block + kStages - 1 < blocks) {
      b.start(ahead + ATile::kBytes);
      a.start(ahead);
    }
    cp_async_commit();
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      if (const int next = step + kAhead; next > 0 && next < kSteps) {
        a_reader.load(rows[next % kBuffers], here, next);
        b_reader.load(columns[next % kBuffers], here + ATile::kBytes, next);
      }
      sums.add(rows[step % kBuffers], columns[step % kBuffers], typename ATile::Element{});
    }
    here = here == (kStages - 1) * kStageBytes ? 0 : here + kStageBytes;
    ahead = ahead == (kStages - 1) * kStageBytes ? 0 : ahead + kStageBytes;
  }

  cp_async_wait<0>();
  __syncthreads();
  auto* const result = reinterpret_cast<Sum*>(dynamic_shared_memory());
  sums.store(result + split * kTileRows * (kTileColumns + 8), kTileColumns + 8, row, column);
  __syncthreads();
  return result;
}

}  // namespace ingot::kernels
