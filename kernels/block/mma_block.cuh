// The loop of a block of threads over the inner dimension of a matrix product on tensor cores.
#pragma once

#include "kernels/block/mma_tile.cuh"
#include "kernels/common/shared.cuh"
#include "kernels/params/matrix.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

/// Multiplies `blocks` tiles of both operands, kStages - 1 of them on their way at a time, and gives
/// the sums in shared memory, in kWarpSplits parts, as finish_tile takes them. `load_a(tile, block)`
/// and `load_b` start to copy one tile each. Where the second operand is constant (kConstantB), its
/// first tiles are under way before the kernel in front of this one has ended.
template <typename T, typename ATile, typename BTile, int kTileRows, int kTileColumns,
          int kWarpRows, int kWarpColumns, int kWarpSplits, int kStages, bool kConstantB,
          typename LoadA, typename LoadB>
__device__ inline const SumOf<T>* multiply_tiles(int blocks, LoadA load_a, LoadB load_b) {
  constexpr int kSteps = kMatrixDepthBytes / 32 / kWarpSplits;
  auto* const shared = reinterpret_cast<T*>(dynamic_shared_memory());
  const auto a_tile = [&](int block) { return ATile{shared + block % kStages * ATile::kElements}; };
  const auto b_tile = [&](int block) {
    return BTile{shared + kStages * ATile::kElements + block % kStages * BTile::kElements};
  };
  const auto start_a = [&](int block) {
    if (block < blocks) load_a(a_tile(block), block);
  };
  const auto start_b = [&](int block) {
    if (block < blocks) load_b(b_tile(block), block);
  };
  if constexpr (kConstantB) {
#pragma unroll
    for (int i = 0; i < kStages - 1; ++i) start_b(i);
  }
  wait_for_previous_grid();
  release_next_grid();
#pragma unroll
  for (int i = 0; i < kStages - 1; ++i) {
    if constexpr (!kConstantB) start_b(i);
    start_a(i);
    cp_async_commit();
  }

  const int warp = static_cast<int>(threadIdx.x) / 32, split = warp / (kWarpRows * kWarpColumns);
  const int row = warp / kWarpColumns % kWarpRows * (kTileRows / kWarpRows);
  const int column = warp % kWarpColumns * (kTileColumns / kWarpColumns);
  WarpSums<kTileRows / kWarpRows / 16, kTileColumns / kWarpColumns / 8, SumOf<T>> sums;
  for (int block = 0; block < blocks; ++block) {
    cp_async_wait<kStages - 2>();
    __syncthreads();
    start_b(block + kStages - 1);
    start_a(block + kStages - 1);
    cp_async_commit();
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      sums.add(a_tile(block), b_tile(block), row, column, split * kSteps + step);
    }
  }

  cp_async_wait<0>();
  __syncthreads();
  auto* const result = reinterpret_cast<SumOf<T>*>(shared);
  sums.store(result + split * kTileRows * (kTileColumns + 8), kTileColumns + 8, row, column);
  __syncthreads();
  return result;
}

}  // namespace ingot::kernels
