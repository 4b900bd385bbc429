// The loop of a block of threads over the inner dimension of a matrix product on tensor cores.
#pragma once

#include "kernels/block/mma_tile.cuh"
#include "kernels/common/shared.cuh"
#include "kernels/params/matrix.h"

namespace ingot::kernels {

/// Multiplies `blocks` tiles of both operands, kStages - 1 of them on their way at a time, and gives
/// the sums in shared memory, in kWarpSplits parts, as finish_tile takes them. `load(a, b, block)`
/// starts to copy one pair of tiles.
template <typename T, typename ATile, typename BTile, int kTileRows, int kTileColumns,
          int kWarpRows, int kWarpColumns, int kWarpSplits, int kStages, typename Load>
__device__ inline const float* multiply_tiles(int blocks, Load load) {
  constexpr int kSteps = kMatrixDepthBytes / 32 / kWarpSplits;
  auto* const shared = reinterpret_cast<T*>(dynamic_shared_memory());
  const auto a_tile = [&](int block) { return ATile{shared + block % kStages * ATile::kElements}; };
  const auto b_tile = [&](int block) {
    return BTile{shared + kStages * ATile::kElements + block % kStages * BTile::kElements};
  };
  const auto start = [&](int block) {
    if (block < blocks) load(a_tile(block), b_tile(block), block);
    cp_async_commit();
  };
#pragma unroll
  for (int i = 0; i < kStages - 1; ++i) start(i);

  const int warp = static_cast<int>(threadIdx.x) / 32, split = warp / (kWarpRows * kWarpColumns);
  const int row = warp / kWarpColumns % kWarpRows * (kTileRows / kWarpRows);
  const int column = warp % kWarpColumns * (kTileColumns / kWarpColumns);
  WarpSums<kTileRows / kWarpRows / 16, kTileColumns / kWarpColumns / 8> sums;
  for (int block = 0; block < blocks; ++block) {
    cp_async_wait<kStages - 2>();
    __syncthreads();
    start(block + kStages - 1);
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      sums.add(a_tile(block), b_tile(block), row, column, split * kSteps + step);
    }
  }

  cp_async_wait<0>();
  __syncthreads();
  auto* const result = reinterpret_cast<float*>(shared);
  sums.store(result + split * kTileRows * (kTileColumns + 8), kTileColumns + 8, row, column);
  __syncthreads();
  return result;
}

}  // namespace ingot::kernels
