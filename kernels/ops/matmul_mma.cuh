// Matrix products on tensor cores, batched, with any epilogue: a block of threads makes one tile of
// one product, its operands on their way through kStages stages of shared memory.
//
// The preamble defines: Element (half_t, bfloat16_t), kTransposeA, kTransposeB, kTileRows,
// kTileColumns, kWarpRows x kWarpColumns x kWarpSplits warps (the last share the inner dimension),
// kStages, and what block/matrix_epilogue.cuh asks for.
#include "kernels/block/matrix_epilogue.cuh"
#include "kernels/block/mma_tile.cuh"
#include "kernels/common/shared.cuh"

namespace ingot::kernels {

constexpr int kThreads = 32 * kWarpRows * kWarpColumns * kWarpSplits;
constexpr int kDepth = 64, kSteps = kDepth / 16 / kWarpSplits;
using ATile = OperandTile<Element, !kTransposeA, kTileRows, kDepth>;
using BTile = OperandTile<Element, kTransposeB, kTileColumns, kDepth>;

extern "C" __global__ void __launch_bounds__(kThreads) matmul_mma(const MatmulParams p) {
  auto* const shared = reinterpret_cast<Element*>(dynamic_shared_memory());
  const int tiles = p.row_tiles * p.column_tiles;
  const BatchIndex batch(static_cast<int>(blockIdx.x) / tiles, p.out);
  const int tile = static_cast<int>(blockIdx.x) % tiles;
  const int first_row = tile % p.row_tiles * kTileRows;
  const int first_column = tile / p.row_tiles * kTileColumns;
  const auto* a = static_cast<const Element*>(p.a) + batch.offset(p.a_batch) +
                  (kTransposeA ? first_row : first_row * p.a_line);
  const auto* b = static_cast<const Element*>(p.b) + batch.offset(p.b_batch) +
                  (kTransposeB ? first_column * p.b_line : first_column);
  const int rows = p.out.rows - first_row, columns = p.out.columns - first_column;
  const int blocks = (p.inner + kDepth - 1) / kDepth;

  const auto a_tile = [&](int stage) { return ATile{shared + stage * ATile::kElements}; };
  const auto b_tile = [&](int stage) {
    return BTile{shared + kStages * ATile::kElements + stage * BTile::kElements};
  };
  const auto load = [&](int block) {
    if (block < blocks) {
      const int stage = block % kStages, first = block * kDepth, left = p.inner - first;
      a_tile(stage).template load<kThreads>(a + (kTransposeA ? first * p.a_line : first), p.a_line,
                                            kTransposeA ? left : rows, kTransposeA ? rows : left,
                                            p.a_aligned);
      b_tile(stage).template load<kThreads>(b + (kTransposeB ? first : first * p.b_line), p.b_line,
                                            kTransposeB ? columns : left,
                                            kTransposeB ? left : columns, p.b_aligned);
    }
    cp_async_commit();
  };
#pragma unroll
  for (int i = 0; i < kStages - 1; ++i) load(i);

  const int warp = static_cast<int>(threadIdx.x) / 32, split = warp / (kWarpRows * kWarpColumns);
  const int row = warp / kWarpColumns % kWarpRows * (kTileRows / kWarpRows);
  const int column = warp % kWarpColumns * (kTileColumns / kWarpColumns);
  WarpSums<kTileRows / kWarpRows / 16, kTileColumns / kWarpColumns / 8> sums;
  for (int block = 0; block < blocks; ++block) {
    cp_async_wait<kStages - 2>();
    __syncthreads();
    load(block + kStages - 1);
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      sums.add(a_tile(block % kStages), b_tile(block % kStages), row, column,
               split * kSteps + step);
    }
  }

  cp_async_wait<0>();
  __syncthreads();
  auto* const tile_sums = reinterpret_cast<float*>(shared);
  sums.store(tile_sums + split * kTileRows * (kTileColumns + 8), kTileColumns + 8, row, column);
  __syncthreads();
  finish_tile<Element, kTileRows, kTileColumns, kWarpSplits, kThreads>(tile_sums, p.out, batch,
                                                                       first_row, first_column);
}

}  // namespace ingot::kernels
