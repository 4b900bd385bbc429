// Copies between the tensors of a program and the inputs and outputs of the node that runs it.
#include "ops/subgraph.h"

#include <cstring>

#include "core/base/error.h"
#include "ops/float_tensor.h"
#include "ops/infer_program.h"
#include "ops/outputs.h"
#include "ops/strided_copy.h"

namespace ingot {

Tensor borrowed_input(const Reference& node, int i) {
  if (!node.has_input(i)) return {};
  const TensorView& view = node.input(i);
  return {view.dtype, view.shape, view.data, nullptr};
}

void write_output(Reference& node, int i, const Tensor& value) {
  if (!node.has_output(i)) return;
  const TensorView y = output_like(node, i, value.dtype(), value.shape());
  if (value.bytes() != 0) std::memcpy(y.data, value.data(), value.bytes());
}

void write_stacked(Reference& node, int i, const std::vector<Tensor>& slices, int64_t axis,
                   bool reversed, DType dtype, const Shape& slice) {
  if (!node.has_output(i)) return;
  const Shape& inner = slices.empty() ? slice : slices.front().shape();
  const int at = normalize_axis(axis, inner.rank() + 1, node.op().name);
  std::vector<int64_t> dims(inner.begin(), inner.end());
  const auto count = static_cast<int64_t>(slices.size());
  dims.insert(dims.begin() + at, count);
  const Shape shape(std::span<const int64_t>{dims});
  const TensorView y = output_like(node, i, dtype, shape);
  const AxisSplit split = AxisSplit::at(shape, at);
  const size_t width = element_width(dtype, node.op().name);
  for (int64_t k = 0; k < count; ++k) {
    const Tensor& from = slices[static_cast<size_t>(reversed ? count - 1 - k : k)];
    if (!(from.shape() == inner)) {
      fail({"op.bad_shape",
            std::string(node.op().name) + ": iterations give the shapes " + inner.to_string() +
                " and " + from.shape().to_string() + " for one output",
            "", "make the shape the same in all iterations"});
    }
    copy_strided({{split.outer, split.inner, split.inner * count}, {split.inner, 1, 1}},
                 from.data(), element_at(y, k * split.inner, width), width);
  }
}

Tensor slice_of(const TensorView& tensor, int axis, int64_t index) {
  std::vector<int64_t> dims(tensor.shape.begin(), tensor.shape.end());
  dims.erase(dims.begin() + axis);
  Tensor slice = Tensor::allocate(tensor.dtype, Shape(std::span<const int64_t>{dims}));
  const AxisSplit split = AxisSplit::at(tensor.shape, axis);
  const size_t width = element_width(tensor.dtype, "Scan");
  copy_strided({{split.outer, split.length * split.inner, split.inner}, {split.inner, 1, 1}},
               element_at(tensor, index * split.inner, width), slice.mutable_view().data, width);
  return slice;
}

std::vector<std::pair<DType, Shape>> body_output_shapes(const Program& body,
                                                        const std::vector<Tensor>& inputs) {
  std::vector<ValueType> types(inputs.size());
  std::vector<const ValueType*> pointers;
  for (size_t i = 0; i < inputs.size(); ++i) {
    types[i].dtype = inputs[i].dtype();
    types[i].dims.assign(inputs[i].shape().begin(), inputs[i].shape().end());
    pointers.push_back(&types[i]);
  }
  std::vector<std::pair<DType, Shape>> result;
  for (const ValueType& type : infer_program(body, pointers, "body")) {
    Shape shape;
    for (const Dim& dim : type.dims) shape.push_back(dim.is_constant() ? dim.constant() : 0);
    result.emplace_back(type.dtype, shape);
  }
  return result;
}

}  // namespace ingot
