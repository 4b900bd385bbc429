// Functions that a pointwise kernel is made of: one operation over a tile of floats, and the moves
// between a tile and tensors of any type and strides.
#pragma once

#include <cstdint>

#include "core/node/expression.h"
#include "runtime/cpu/isa.h"

namespace ingot {

/// y[i] = op(a[i], b[i], c[i]); y may be one of the operands.
using TileFunction = void (*)(const float* a, const float* b, const float* c, float* y, int64_t n);

/// Operations beside those of expressions: kCopy, a * b + c.
inline constexpr int kTileCopy = static_cast<int>(kScalarOpCount);
inline constexpr int kTileFma = kTileCopy + 1;

/// A block of a tensor: rows and columns with strides in elements.
struct TileBlock {
  int64_t rows, columns, row_stride, column_stride;
};

struct PointwiseTable {
  /// The function for operands of which those with a bit in `scalars` (1: a, 2: b, 4: c) are one
  /// number; null where there is no such variant.
  TileFunction (*find)(int op, int scalars);
  /// Converts between floats, rows `tile_stride` apart, and a block of a tensor.
  void (*load)(DType dtype, const void* from, const TileBlock& block, float* tile,
               int64_t tile_stride);
  void (*store)(DType dtype, const float* tile, int64_t tile_stride, const TileBlock& block,
                void* to);
};

INGOT_KERNEL_TABLE(PointwiseTable, pointwise);

}  // namespace ingot
