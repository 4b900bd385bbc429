// Index tensors turned into offsets of elements.
#include "ops/indices.h"

#include <cstring>

#include "core/base/error.h"
#include "ops/elementwise.h"
#include "ops/strided_copy.h"

namespace ingot {
namespace {

int64_t outer_elements(const Shape& shape) {
  int64_t count = 1;
  for (int axis = 0; axis + 1 < shape.rank(); ++axis) count *= shape[axis];
  return count;
}

}  // namespace

void require_indices(const InferContext& node, int i) { require_integer(node, i); }

int64_t checked_index(int64_t index, int64_t length, std::string_view op) {
  if (index < -length || index >= length) {
    fail({"op.bad_index",
          std::string(op) + ": index " + std::to_string(index) + " is outside an axis of size " +
              std::to_string(length),
          "", "correct the indices"});
  }
  return index < 0 ? index + length : index;
}

std::vector<int64_t> checked_indices(const Reference& node, int i, int64_t length) {
  std::vector<int64_t> indices = node.input_integers(i);
  for (int64_t& index : indices) index = checked_index(index, length, node.op().name);
  return indices;
}

IndexedBlocks indexed_blocks(const Reference& node, const TensorView& data, int indices_input,
                             int batch_dims) {
  const TensorView& tuples = node.input(indices_input);
  const std::vector<int64_t> values = node.input_integers(indices_input);
  const std::vector<int64_t> strides = dense_strides(data.shape);
  const int64_t width = tuples.shape[tuples.shape.rank() - 1];
  const int64_t count = outer_elements(tuples.shape);
  int64_t batches = 1, batch_size = 1;
  for (int axis = 0; axis < batch_dims; ++axis) batches *= data.shape[axis];
  for (int axis = batch_dims; axis < data.shape.rank(); ++axis) batch_size *= data.shape[axis];
  IndexedBlocks result;
  for (int axis = batch_dims + static_cast<int>(width); axis < data.shape.rank(); ++axis) {
    result.block *= data.shape[axis];
  }
  if (count != 0 && (batches == 0 || count % batches != 0)) {
    fail({"op.bad_shape",
          std::string(node.op().name) + ": indices of shape " + tuples.shape.to_string() +
              " do not have the batch axes of data, " + data.shape.to_string(),
          "", "make the leading axes equal"});
  }
  const int64_t per_batch = count == 0 ? 1 : count / batches;
  for (int64_t i = 0; i < count; ++i) {
    int64_t offset = i / per_batch * batch_size;
    for (int64_t k = 0; k < width; ++k) {
      const int axis = batch_dims + static_cast<int>(k);
      const int64_t index = checked_index(values[static_cast<size_t>(i * width + k)],
                                          data.shape[axis], node.op().name);
      offset += index * strides[static_cast<size_t>(axis)];
    }
    result.offsets.push_back(offset);
  }
  return result;
}

std::vector<int64_t> element_offsets(const Reference& node, const TensorView& data,
                                     int indices_input, int axis) {
  const Shape& shape = node.input(indices_input).shape;
  std::vector<int64_t> values = node.input_integers(indices_input);
  const std::vector<int64_t> strides = dense_strides(data.shape);
  for (int k = 0; k < shape.rank(); ++k) {
    if (k == axis || shape[k] <= data.shape[k]) continue;
    fail({"op.bad_shape",
          std::string(node.op().name) + ": indices of shape " + shape.to_string() +
              " are larger than data of shape " + data.shape.to_string(),
          "", "indices may exceed data along the axis only"});
  }
  std::vector<int64_t> at(static_cast<size_t>(shape.rank()), 0);
  for (int64_t& value : values) {
    int64_t offset =
        checked_index(value, data.shape[axis], node.op().name) * strides[static_cast<size_t>(axis)];
    for (size_t k = 0; k < at.size(); ++k) {
      if (static_cast<int>(k) != axis) offset += at[k] * strides[k];
    }
    value = offset;
    for (size_t k = at.size(); k-- > 0;) {
      if (++at[k] < shape[static_cast<int>(k)]) break;
      at[k] = 0;
    }
  }
  return values;
}

void gather_elements(const TensorView& from, const std::vector<int64_t>& offsets, int64_t block,
                     const TensorView& to, std::string_view op) {
  const size_t width = element_width(from.dtype, op);
  const size_t bytes = static_cast<size_t>(block) * width;
  auto* out = static_cast<char*>(to.data);
  for (const int64_t offset : offsets) {
    if (bytes != 0) std::memcpy(out, element_at(from, offset, width), bytes);
    out += bytes;
  }
}

}  // namespace ingot
