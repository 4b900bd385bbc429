// Products of a batched matmul as libraries take them: one stride for each operand.
#pragma once

#include <optional>

#include "ops/matmul_sizes.h"

namespace ingot {

/// `count` products of [rows, inner] by [inner, columns]; a product's operands and result begin
/// `*_stride` elements after those of the one before. Operands are dense, as they are stored.
struct MatMulBatches {
  int64_t rows = 1, inner = 1, columns = 1;
  int64_t count = 1, a_stride = 0, b_stride = 0, y_stride = 0;

  /// Batches by one matrix B are one product of all their rows. Nothing where operands broadcast
  /// along some of the batch's axes and not along others.
  static std::optional<MatMulBatches> of(const Shape& a, const Shape& b, bool transpose_a,
                                         bool transpose_b);
};

}  // namespace ingot
