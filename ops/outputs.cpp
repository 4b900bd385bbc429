// Runs the shape rule on the values of the inputs to learn the shapes of the outputs.
#include "ops/outputs.h"

#include "core/base/error.h"

namespace ingot {
namespace {

/// Wanted, but without memory; an output that nobody reads has no type either.
bool is_missing(const TensorView& output) {
  return output.dtype != DType::kUndefined && output.data == nullptr;
}

}  // namespace

void allocate_outputs(Reference& node) {
  bool missing = false;
  for (int i = 0; i < node.output_count(); ++i) missing |= is_missing(node.output(i));
  if (!missing) return;
  std::vector<ValueType> types(static_cast<size_t>(node.input_count()));
  std::vector<const ValueType*> inputs;
  for (int i = 0; i < node.input_count(); ++i) {
    ValueType& type = types[static_cast<size_t>(i)];
    if (!node.has_input(i)) {
      inputs.push_back(nullptr);
      continue;
    }
    const TensorView& view = node.input(i);
    type.dtype = view.dtype;
    for (const int64_t dim : view.shape) type.dims.emplace_back(dim);
    // Borrowed for the duration of the call.
    type.constant = Tensor(view.dtype, view.shape, view.data, nullptr);
    type.contents = contents_of(type.constant);
    inputs.push_back(&type);
  }
  const std::vector<ValueType> results = infer_types(
      node.op(), node.attributes(), inputs, node.output_count(), std::string(node.op().name));
  for (int i = 0; i < node.output_count(); ++i) {
    if (!is_missing(node.output(i))) continue;
    const ValueType& type = results[static_cast<size_t>(i)];
    Shape shape;
    for (const Dim& dim : type.dims) {
      INGOT_CHECK(dim.is_constant());
      shape.push_back(dim.constant());
    }
    node.allocate(i, type.dtype, shape);
  }
}

void require_fit(const Reference& node, bool fit) {
  if (fit) return;
  std::string shapes;
  for (int i = 0; i < node.input_count(); ++i) {
    shapes += (i == 0 ? "" : ", ") + node.input(i).shape.to_string();
  }
  for (int i = 0; i < node.output_count(); ++i) {
    shapes += (i == 0 ? " to " : ", ") + node.output(i).shape.to_string();
  }
  fail({"op.bad_shape",
        std::string(node.op().name) + ": the shapes of this run do not fit: " + shapes, "",
        "give inputs whose shapes agree"});
}

const TensorView& output_like(Reference& node, int i, DType dtype, const Shape& shape) {
  if (node.output(i).data != nullptr && node.output(i).dtype == dtype &&
      node.output(i).shape == shape) {
    return node.output(i);
  }
  return node.allocate(i, dtype, shape);
}

}  // namespace ingot
