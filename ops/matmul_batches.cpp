// Strides of batched products.
#include "ops/matmul_batches.h"

namespace ingot {

std::optional<MatMulBatches> MatMulBatches::of(const Shape& a, const Shape& b, bool transpose_a,
                                               bool transpose_b) {
  const MatMulSizes sizes = MatMulSizes::of(a, b, transpose_a, transpose_b);
  MatMulBatches batches;
  batches.rows = sizes.rows;
  batches.inner = sizes.inner;
  batches.columns = sizes.columns;
  batches.count = static_cast<int64_t>(sizes.offsets.size());
  batches.y_stride = sizes.rows * sizes.columns;
  if (batches.count < 2) return batches;
  batches.a_stride = sizes.offsets[1].first;
  batches.b_stride = sizes.offsets[1].second;
  for (int64_t i = 0; i < batches.count; ++i) {
    const auto& [a_offset, b_offset] = sizes.offsets[static_cast<size_t>(i)];
    if (a_offset != i * batches.a_stride || b_offset != i * batches.b_stride) return std::nullopt;
  }
  // The rows of one batch follow those of the batch before, unless they are stored as columns.
  if (batches.b_stride == 0 && batches.a_stride == sizes.rows * sizes.inner && !transpose_a) {
    return MatMulBatches{batches.rows * batches.count, batches.inner, batches.columns};
  }
  return batches;
}

}  // namespace ingot
