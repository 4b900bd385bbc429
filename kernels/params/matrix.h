// Parameters of the matrix products and of what else ends in a tile of a matrix.
#pragma once

namespace ingot::kernels {

inline constexpr int kMaxMatrixBatchAxes = 3;
inline constexpr int kMaxMatrixExtras = 6;

/// An input of the epilogue. Strides in elements; 0 where it is broadcast.
struct MatrixExtra {
  const void* data;
  long long batch[kMaxMatrixBatchAxes], row, column;
  int aligned;  ///< eight columns are loaded at once: they lie side by side, rows in steps of eight
};

/// The results of a number of products, and what is done to them before they are stored.
struct MatrixOutput {
  void* y;
  long long batch[kMaxMatrixBatchAxes], row;  ///< strides; columns lie side by side
  int batch_extents[kMaxMatrixBatchAxes];
  int rows, columns;
  /// Eight columns are stored at once, and of all extras eight are read at once or one is for all.
  int in_pieces;
  /// Of products of integers: numbers that are added to the sums of each column, in eights; or null.
  const int* column_sums;
  MatrixExtra extras[kMaxMatrixExtras];
};

struct MatmulParams {
  const void *a, *b;
  long long a_batch[kMaxMatrixBatchAxes], b_batch[kMaxMatrixBatchAxes];
  long long a_line, b_line;  ///< distance of the lines that the operands are stored in
  int inner;
  int a_aligned, b_aligned;  ///< lines are multiples of 16 bytes
  int row_tiles, column_tiles;
  MatrixOutput out;
};

inline constexpr int kPlainMatmulTile = 64;  ///< rows and columns of a block of matmul_fma
inline constexpr int kRowsColumns = 2;       ///< columns of a warp of matmul_rows

/// Shared memory of a tiled product: stages of both operands, or the tile's sums as floats, which
/// take their place at the end.
inline constexpr int tile_sums_bytes(int rows, int columns, int slots) {
  return slots * rows * (columns + 8) * 4;
}
inline constexpr int tiled_shared_bytes(int rows, int columns, int depth_bytes, int stages,
                                        int slots) {
  const int operands = stages * (rows + columns) * depth_bytes;
  const int sums = tile_sums_bytes(rows, columns, slots);
  return operands > sums ? operands : sums;
}

}  // namespace ingot::kernels
