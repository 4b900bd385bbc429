// Matrix products on tensor cores, batched, with any epilogue: a block of threads makes one tile of
// one product, its operands on their way through kStages stages of shared memory.
//
// The preamble defines: Element (half_t, bfloat16_t, float for TF32, or signed or unsigned char with B
// signed; A as it is and B transposed for all but 16-bit types), Out, kTransposeA, kTransposeB, kConstantB (no kernel writes B), kTileRows,
// kTileColumns, kWarpRows x kWarpColumns x kWarpSplits warps (the last share the inner dimension),
// kStages, and what block/matrix_epilogue.cuh asks for.
#include "kernels/block/matrix_epilogue.cuh"
#include "kernels/block/mma_block.cuh"

namespace ingot::kernels {

constexpr int kThreads = 32 * kWarpRows * kWarpColumns * kWarpSplits;
constexpr int kDepth = kMatrixDepthBytes / static_cast<int>(sizeof(Element));
using ATile = OperandTile<Element, !kTransposeA, kTileRows, kDepth>;
using BTile = OperandTile<Element, kTransposeB, kTileColumns, kDepth>;

extern "C" __global__ void __launch_bounds__(kThreads) matmul_mma(const MatmulParams p) {
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

  const auto load_a = [&](const ATile& tile, int block) {
    const int first = block * kDepth, left = p.inner - first;
    tile.template load<kThreads>(a + (kTransposeA ? first * p.a_line : first), p.a_line,
                                 kTransposeA ? left : rows, kTransposeA ? rows : left, p.a_aligned);
  };
  const auto load_b = [&](const BTile& tile, int block) {
    const int first = block * kDepth, left = p.inner - first;
    tile.template load<kThreads>(b + (kTransposeB ? first : first * p.b_line), p.b_line,
                                 kTransposeB ? columns : left, kTransposeB ? left : columns,
                                 p.b_aligned);
  };
  const auto* sums = multiply_tiles<Element, ATile, BTile, kTileRows, kTileColumns, kWarpRows,
                                    kWarpColumns, kWarpSplits, kStages, kConstantB>(
      (p.inner + kDepth - 1) / kDepth, load_a, load_b);
  finish_tile<Out, kTileRows, kTileColumns, kWarpSplits, kThreads>(sums, p.out, batch, first_row,
                                                                   first_column);
}

}  // namespace ingot::kernels
