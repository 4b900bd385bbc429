// ConstantOfShape: a tensor of a given shape, all elements equal.
#include "ops/outputs.h"
#include "ops/shape_arithmetic.h"
#include "ops/strided_copy.h"

namespace ingot {
namespace {

/// The element, as a tensor of one; f32 zero if none is given.
Tensor element(const NodeAttributes& node) {
  const auto* value = node.attributes().find_as<Tensor>("value");
  return value != nullptr && *value ? value->aligned() : Tensor::scalar_f32(0);
}

void infer(InferContext& node) {
  node.require_rank(0, 1, 1);
  const Tensor value = element(node);
  if (value.elements() != 1) {
    node.fail("op.bad_attribute", "value has " + std::to_string(value.elements()) + " elements",
              "give one element");
  }
  SymbolicShape dims;
  if (const auto known = node.known_dims(0)) {
    dims = *known;
  } else if (node.dims(0)[0].is_constant()) {
    const auto rank = static_cast<int>(node.dims(0)[0].constant());
    for (int axis = 0; axis < rank; ++axis) dims.push_back(node.unknown_dim(0, axis));
  } else {
    node.fail("op.unknown_rank", "the length of the shape is not known",
              "export the model with a shape of fixed length");
  }
  node.set_output(0, value.dtype(), std::move(dims));
  if (!can_track(node.outputs()[0])) return;
  const auto count = static_cast<size_t>(elements(node.outputs()[0].dims).constant());
  node.set_contents(0, std::vector<Dim>(count, value.to_integers().front()));
}

void evaluate(Reference& node) {
  allocate_outputs(node);
  const Tensor value = element(node);
  const TensorView& y = node.output(0);
  copy_strided({{y.elements(), 0, 1}}, value.data(), y.data,
               element_width(y.dtype, node.op().name));
}

}  // namespace

extern const OpDef kConstantOfShape = {
    .name = "ConstantOfShape",
    .summary = "Fills a tensor of a given shape with one value.",
    .inputs = {{"input", "i64, one axis: the shape"}},
    .outputs = {{"output", "type of value"}},
    .attributes = {{"value", Tensor(), "one element; without it, f32 zero"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
