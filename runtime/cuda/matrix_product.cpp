// Axes of products: NumPy's rules undone.
#include "runtime/cuda/matrix_product.h"

#include <algorithm>

#include "runtime/cuda/jit_kernel.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

/// Strides of `tensor` along the axes of a result of `rank` axes, 0 where it is broadcast.
std::vector<int64_t> broadcast_strides(const StepTensor& tensor, int rank) {
  std::vector<int64_t> result(static_cast<size_t>(rank), 0);
  const int own = tensor.shape.rank();
  for (int axis = 0; axis < own; ++axis) {
    if (tensor.shape[axis] == 1) continue;
    result[static_cast<size_t>(rank - own + axis)] = tensor.strides[axis];
  }
  return result;
}

/// The matrix axes of an operand: rows (or columns) and the inner one, and its batches before them.
struct Operand {
  int64_t extent = 1, stride = 0, inner = 0, inner_stride = 0;
  Shape batch;
  std::vector<int64_t> batch_strides;

  Operand(const StepTensor& tensor, bool inner_first) {
    const int rank = tensor.shape.rank();
    if (rank == 1) {
      inner = tensor.shape[0];
      inner_stride = tensor.strides[0];
      stride = inner;
      return;
    }
    const int inner_axis = inner_first ? rank - 2 : rank - 1;
    const int own_axis = inner_first ? rank - 1 : rank - 2;
    inner = tensor.shape[inner_axis];
    inner_stride = tensor.strides[inner_axis];
    extent = tensor.shape[own_axis];
    stride = tensor.strides[own_axis];
    for (int i = 0; i < rank - 2; ++i) {
      batch.push_back(tensor.shape[i]);
      batch_strides.push_back(tensor.strides[i]);
    }
  }
  /// Distance along the batch axis that is `from_last` before the last.
  int64_t batch_stride(int from_last) const {
    const int axis = batch.rank() - 1 - from_last;
    return axis < 0 || batch[axis] == 1 ? 0 : batch_strides[static_cast<size_t>(axis)];
  }
};

bool is_multiple(int64_t outer, int64_t extent, int64_t inner) { return outer == extent * inner; }

/// `outer` and `inner` can be one axis, the strides of the inner one staying.
bool mergeable(const ProductAxis& outer, const ProductAxis& inner, bool with_operands) {
  if (with_operands && (!is_multiple(outer.a, inner.extent, inner.a) ||
                        !is_multiple(outer.b, inner.extent, inner.b))) {
    return false;
  }
  if (!is_multiple(outer.y, inner.extent, inner.y)) return false;
  for (size_t i = 0; i < inner.extras.size(); ++i) {
    if (!is_multiple(outer.extras[i], inner.extent, inner.extras[i])) return false;
  }
  return true;
}

}  // namespace

MatrixProduct MatrixProduct::of_matmul(const StepContext& context) {
  const StepTensor& a = context.inputs()[0];
  const StepTensor& b = context.inputs()[1];
  const StepTensor& y = context.outputs()[0];
  const Operand left(a, context.attributes().integer("transpose_a") != 0);
  const Operand right(b, context.attributes().integer("transpose_b") == 0);
  MatrixProduct product;
  product.inner = left.inner;
  product.a_inner = left.inner_stride;
  product.b_inner = right.inner_stride;
  product.rows.extent = left.extent;
  product.rows.a = left.stride;
  product.columns.extent = right.extent;
  product.columns.b = right.stride;

  const int rank = y.shape.rank();
  const bool has_rows = a.shape.rank() > 1, has_columns = b.shape.rank() > 1;
  const int batch_rank = rank - (has_rows ? 1 : 0) - (has_columns ? 1 : 0);
  product.batches.resize(static_cast<size_t>(batch_rank));
  std::vector<ProductAxis*> axes;  // of the output
  for (int i = 0; i < batch_rank; ++i) {
    ProductAxis& axis = product.batches[static_cast<size_t>(i)];
    axis.extent = y.shape[i];
    axis.a = left.batch_stride(batch_rank - 1 - i);
    axis.b = right.batch_stride(batch_rank - 1 - i);
    axes.push_back(&axis);
  }
  if (has_rows) axes.push_back(&product.rows);
  if (has_columns) axes.push_back(&product.columns);
  std::vector<int> extras;
  for (int i = 2; i < std::ssize(context.inputs()); ++i) extras.push_back(i);
  product.set_output(context, axes, extras);
  return product;
}

MatrixProduct MatrixProduct::of_pixels(const StepContext& context, const std::vector<int>& extras) {
  const Shape& y = context.outputs()[0].shape;
  MatrixProduct product;
  product.batches.resize(static_cast<size_t>(y.rank() - 2));
  std::vector<ProductAxis*> axes(static_cast<size_t>(y.rank()), nullptr);
  axes[0] = product.batches.data();
  axes[1] = &product.columns;
  for (int i = 2; i < y.rank() - 1; ++i) {
    axes[static_cast<size_t>(i)] = &product.batches[static_cast<size_t>(i) - 1];
  }
  axes.back() = &product.rows;
  for (int i = 0; i < y.rank(); ++i) axes[static_cast<size_t>(i)]->extent = y[i];
  product.set_output(context, axes, extras);
  return product;
}

void MatrixProduct::set_output(const StepContext& context, const std::vector<ProductAxis*>& axes,
                               const std::vector<int>& extras) {
  const auto rank = static_cast<int>(axes.size());
  for (ProductAxis* axis : {&rows, &columns}) axis->extras.assign(extras.size(), 0);
  for (ProductAxis& axis : batches) axis.extras.assign(extras.size(), 0);
  const std::vector<int64_t> strides = broadcast_strides(context.outputs()[0], rank);
  for (size_t i = 0; i < axes.size(); ++i) axes[i]->y = strides[i];
  for (size_t e = 0; e < extras.size(); ++e) {
    const std::vector<int64_t> own =
        broadcast_strides(context.inputs()[static_cast<size_t>(extras[e])], rank);
    for (size_t i = 0; i < axes.size(); ++i) axes[i]->extras[e] = own[i];
  }
}

int64_t MatrixProduct::products() const {
  int64_t count = 1;
  for (const ProductAxis& axis : batches) count *= axis.extent;
  return count;
}

void MatrixProduct::merge_axes(bool rows_lie_apart) {
  std::erase_if(batches, [](const ProductAxis& axis) { return axis.extent == 1; });
  while (rows_lie_apart && !batches.empty()) {
    ProductAxis& last = batches.back();
    if (last.b != 0) break;
    if (rows.extent == 1) {
      rows = last;
    } else if (is_multiple(last.a, rows.extent, rows.a) && mergeable(last, rows, false)) {
      rows.extent *= last.extent;
    } else {
      break;
    }
    batches.pop_back();
  }
  for (size_t i = batches.size(); i-- > 1;) {
    ProductAxis& outer = batches[i - 1];
    if (!mergeable(outer, batches[i], true)) continue;
    batches[i].extent *= outer.extent;
    batches.erase(batches.begin() + static_cast<std::ptrdiff_t>(i) - 1);
  }
}

kernels::MatrixOutput matrix_output(const StepContext& context, const MatrixProduct& product) {
  if (product.batches.size() > kernels::kMaxMatrixBatchAxes) {
    unsupported(context, "a product with more than three axes of batches");
  }
  if (product.columns.extent > 1 && product.columns.y != 1) {
    unsupported(context, "results whose columns do not lie side by side");
  }
  kernels::MatrixOutput out = {};
  out.rows = static_cast<int>(product.rows.extent);
  out.columns = static_cast<int>(product.columns.extent);
  out.row = product.rows.y;
  const size_t unused = kernels::kMaxMatrixBatchAxes - product.batches.size();
  std::fill_n(out.batch_extents, unused, 1);
  for (size_t i = 0; i < product.batches.size(); ++i) {
    out.batch_extents[unused + i] = static_cast<int>(product.batches[i].extent);
    out.batch[unused + i] = product.batches[i].y;
  }
  for (size_t e = 0; e < product.rows.extras.size(); ++e) {
    kernels::MatrixExtra& extra = out.extras[e];
    extra.row = product.rows.extras[e];
    extra.column = product.columns.extras[e];
    for (size_t i = 0; i < product.batches.size(); ++i) {
      extra.batch[unused + i] = product.batches[i].extras[e];
    }
  }
  return out;
}

LaunchShape tile_launch(const StepContext& context, const MatrixProduct& product,
                        const kernels::MatrixOutput& out, int* row_tiles, int* column_tiles) {
  const Attributes& attributes = context.attributes();
  *row_tiles = static_cast<int>(blocks_for(out.rows, attributes.integer("tile_rows")));
  *column_tiles = static_cast<int>(blocks_for(out.columns, attributes.integer("tile_columns")));
  LaunchShape launch;
  launch.grid.x =
      static_cast<uint32_t>(product.products()) * static_cast<uint32_t>(*row_tiles * *column_tiles);
  launch.block.x = static_cast<uint32_t>(attributes.integer("threads"));
  launch.shared_bytes = static_cast<uint32_t>(attributes.integer("shared_bytes"));
  return launch;
}

void set_addresses(kernels::MatrixOutput* out, void* y, size_t y_bytes, const void* const* extras,
                   const std::vector<size_t>& bytes) {
  const auto in_pieces = [&](const void* address, size_t element, int64_t row,
                             const long long (&batch)[kernels::kMaxMatrixBatchAxes]) {
    const size_t piece = std::min<size_t>(16, 8 * element);
    return out->columns % 8 == 0 && row % 8 == 0 &&
           std::ranges::all_of(batch, [](long long stride) { return stride % 8 == 0; }) &&
           reinterpret_cast<uintptr_t>(address) % piece == 0;
  };
  out->y = y;
  out->in_pieces = in_pieces(y, y_bytes, out->row, out->batch);
  for (size_t e = 0; e < bytes.size(); ++e) {
    kernels::MatrixExtra& extra = out->extras[e];
    extra.data = extras[e];
    extra.aligned = extra.column == 1 && in_pieces(extras[e], bytes[e], extra.row, extra.batch);
    out->in_pieces = out->in_pieces && (extra.aligned || extra.column == 0);
  }
}

}  // namespace ingot
