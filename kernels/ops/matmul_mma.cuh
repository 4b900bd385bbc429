// Matrix products on tensor cores, batched, with any epilogue: a block of threads makes one tile of
// one product, its operands on their way through kStages stages of shared memory.
//
// The preamble defines: Element (half_t, bfloat16_t, float for TF32, float8_t, or signed or unsigned
// char with B signed; A as it is and B transposed for all but 16-bit types), Out, kTransposeA,
// kTransposeB, kConstantB (no kernel writes B), and what block/mma_block.cuh and
// block/matrix_epilogue.cuh ask for.
#include "kernels/block/matrix_epilogue.cuh"
#include "kernels/block/mma_block.cuh"

namespace ingot::kernels {

constexpr int kDepth = kDepthBytes / static_cast<int>(sizeof(Element));
using ATile = OperandTile<Element, !kTransposeA, kTileRows, kDepth>;
using BTile = OperandTile<Element, kTransposeB, kTileColumns, kDepth>;

extern "C" __global__ void __launch_bounds__(kTileThreads, kMinBlocks)
    matmul_mma(const MatmulParams p) {
  const int tiles = p.row_tiles * p.column_tiles;
  const int product = static_cast<int>(blockIdx.x) / tiles;
  const BatchIndex batch(product, p.out);
  const int tile = static_cast<int>(blockIdx.x) - product * tiles;
  const int column_tile = tile / p.row_tiles;
  const int first_row = (tile - column_tile * p.row_tiles) * kTileRows;
  const int first_column = column_tile * kTileColumns;
  TileLoader<ATile, kTileThreads> a(static_cast<const Element*>(p.a) + batch.offset(p.a_batch) +
                                        (kTransposeA ? first_row : first_row * p.a_line),
                                    p.a_line, p.out.rows - first_row, p.inner, p.a_aligned);
  TileLoader<BTile, kTileThreads> b(static_cast<const Element*>(p.b) + batch.offset(p.b_batch) +
                                        (kTransposeB ? first_column * p.b_line : first_column),
                                    p.b_line, p.out.columns - first_column, p.inner, p.b_aligned);
  const TileEnd<kTileRows, kTileColumns, kWarpSplits, kTileThreads> end(p.out, first_column);
  const auto* sums =
      multiply_tiles<ATile, BTile, kConstantB>((p.inner + kDepth - 1) / kDepth, a, b);
  end.finish<Out>(sums, p.out, batch, first_row);
}

}  // namespace ingot::kernels
