// OneHot: along a new axis, one value where the index says and another elsewhere.
#include <cstring>

#include "ops/blocks.h"
#include "ops/elementwise.h"
#include "ops/float_tensor.h"
#include "ops/outputs.h"
#include "ops/strided_copy.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_number(node, 0);
  require_number(node, 1);
  const int axis = node.axis("axis", node.rank(0) + 1);
  Dim depth;
  if (const auto known = node.known_dims(1); known && known->size() == 1) {
    depth = known->front();
  } else if (const auto number = node.known_floats(1); number && number->size() == 1) {
    depth = static_cast<int64_t>(number->front());
  } else {
    depth = node.unknown_dim(0, axis);
  }
  SymbolicShape dims = node.dims(0);
  dims.insert(dims.begin() + axis, depth);
  node.set_output(0, node.input(2).dtype, std::move(dims));
}

void evaluate(Reference& node) {
  allocate_outputs(node);
  const TensorView& values = node.input(2);
  const TensorView& y = node.output(0);
  const size_t width = element_width(y.dtype, node.op().name);
  const AxisSplit split = AxisSplit::at(y.shape, node.axis("axis", y.shape.rank()));
  copy_strided({{y.elements(), 0, 1}}, values.data, y.data, width);
  require_fit(node, values.elements() == 2);
  if (y.elements() == 0) return;
  const std::vector<int64_t> indices = load_all<int64_t>(node.input(0));
  for (int64_t i = 0; i < static_cast<int64_t>(indices.size()); ++i) {
    int64_t index = indices[static_cast<size_t>(i)];
    if (index < 0) index += split.length;
    if (index < 0 || index >= split.length) continue;  // nothing is hot there
    const int64_t at = (i / split.inner * split.length + index) * split.inner + i % split.inner;
    std::memcpy(element_at(y, at, width), element_at(values, 1, width), width);
  }
}

}  // namespace

extern const OpDef kOneHot = {
    .name = "OneHot",
    .summary = "Writes indices as vectors with one value at the index and another elsewhere.",
    .inputs = {{"indices", "a number, any shape; negative: from the end"},
               {"depth", "a number, scalar: size of the new axis"},
               {"values", "any type, two elements: elsewhere, at the index"}},
    .outputs = {{"output", "type of values, one axis more than indices"}},
    .attributes = {{"axis", -1, "where the new axis is in the output"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
