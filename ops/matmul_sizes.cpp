// Shape rule and operand offsets of batched matrix products.
#include "ops/matmul_sizes.h"

#include <algorithm>

#include <fmt/format.h>

#include "ops/broadcast_iteration.h"

namespace ingot {
namespace {

Shape batch_of(const Shape& shape) {
  return Shape(shape.dims().first(static_cast<size_t>(std::max(0, shape.rank() - 2))));
}

}  // namespace

MatMulSizes MatMulSizes::of(const Shape& a, const Shape& b, bool transpose_a, bool transpose_b) {
  MatMulSizes sizes;
  const int a_rank = a.rank(), b_rank = b.rank();
  const auto inner_of = [&](const Shape& s, int rank, bool last) {
    return s[rank - (last ? 1 : 2)];
  };
  sizes.inner = a_rank == 1 ? a[0] : inner_of(a, a_rank, !transpose_a);
  if (a_rank > 1) {
    sizes.rows = inner_of(a, a_rank, transpose_a);
    sizes.a_row_stride = transpose_a ? 1 : sizes.inner;
    sizes.a_column_stride = transpose_a ? sizes.rows : 1;
  }
  if (b_rank > 1) {
    sizes.columns = inner_of(b, b_rank, !transpose_b);
    sizes.b_row_stride = transpose_b ? 1 : sizes.columns;
    sizes.b_column_stride = transpose_b ? sizes.inner : 1;
  }
  const Shape a_batch = batch_of(a), b_batch = batch_of(b);
  const Shape both[] = {a_batch, b_batch};
  const Shape batch = broadcast_shape(both);
  for (BroadcastRows row(batch, {a_batch, b_batch}); row.more(); row.next()) {
    for (int64_t i = 0; i < row.length(); ++i) {
      sizes.offsets.emplace_back((row.offset(0) + i * row.step(0)) * sizes.rows * sizes.inner,
                                 (row.offset(1) + i * row.step(1)) * sizes.inner * sizes.columns);
    }
  }
  return sizes;
}

void infer_matmul(InferContext& node, int a, int b, bool transpose_a, bool transpose_b,
                  DType result) {
  node.require_rank(a, 1);
  node.require_rank(b, 1);
  const SymbolicShape& left = node.dims(a);
  const SymbolicShape& right = node.dims(b);
  const size_t a_rank = left.size(), b_rank = right.size();
  const Dim a_inner = a_rank == 1 ? left[0] : left[a_rank - (transpose_a ? 2 : 1)];
  const Dim b_inner = b_rank == 1 ? right[0] : right[b_rank - (transpose_b ? 1 : 2)];
  if (a_inner.is_constant() && b_inner.is_constant() && !(a_inner == b_inner)) {
    node.fail(
        "op.bad_shape",
        fmt::format("{} cannot be multiplied with {}: the inner sizes {} and {} differ",
                    to_string(left), to_string(right), a_inner.to_string(), b_inner.to_string()),
        "check the shapes of the operands");
  }
  const auto batch_of_dims = [](const SymbolicShape& dims) {
    return SymbolicShape(dims.begin(), dims.end() - std::min<ptrdiff_t>(2, std::ssize(dims)));
  };
  SymbolicShape dims = broadcast(batch_of_dims(left), batch_of_dims(right), node.op().name);
  if (a_rank > 1) dims.push_back(left[a_rank - (transpose_a ? 1 : 2)]);
  if (b_rank > 1) dims.push_back(right[b_rank - (transpose_b ? 2 : 1)]);
  node.set_output(0, result, std::move(dims));
}

}  // namespace ingot
