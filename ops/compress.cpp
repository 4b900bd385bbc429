// Compress: the slices along an axis (or the elements) for which the condition is true.
#include <cstring>

#include "ops/elementwise.h"
#include "ops/float_tensor.h"
#include "ops/outputs.h"
#include "ops/strided_copy.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_bool(node, 1);
  node.require_rank(1, 1, 1);
  SymbolicShape dims = node.dims(0);
  if (node.given("axis")) {
    const int axis = node.axis("axis", node.rank(0));
    dims[static_cast<size_t>(axis)] = node.unknown_dim(0, axis);
  } else {
    dims = {node.unknown_dim(0, 0)};
  }
  node.set_output(0, node.input(0).dtype, std::move(dims));
}

void evaluate(Reference& node) {
  const TensorView& x = node.input(0);
  AxisSplit split{1, x.elements(), 1};
  int axis = 0;
  Shape shape = {0};
  if (node.given("axis")) {
    axis = node.axis("axis", x.shape.rank());
    split = AxisSplit::at(x.shape, axis);
    shape = x.shape;
  }
  // The condition may be shorter than the axis: the rest is left out.
  const auto condition = node.input(1).as<bool>();
  std::vector<int64_t> chosen;
  for (int64_t i = 0; i < split.length && i < static_cast<int64_t>(condition.size()); ++i) {
    if (condition[static_cast<size_t>(i)]) chosen.push_back(i);
  }
  shape[axis] = static_cast<int64_t>(chosen.size());
  const TensorView y = output_like(node, 0, x.dtype, shape);
  const size_t width = element_width(x.dtype, node.op().name);
  const size_t row = static_cast<size_t>(split.inner) * width;
  auto* to = static_cast<char*>(y.data);
  for (int64_t outer = 0; row != 0 && outer < split.outer; ++outer) {
    for (const int64_t index : chosen) {
      std::memcpy(to, element_at(x, (outer * split.length + index) * split.inner, width), row);
      to += row;
    }
  }
}

}  // namespace

extern const OpDef kCompress = {
    .name = "Compress",
    .summary = "Keeps the slices for which a condition is true.",
    .inputs = {{"input", "any type, any rank from 1"},
               {"condition", "bool, one axis, not longer than the axis"}},
    .outputs = {{"output", "type of input; one axis without `axis`"}},
    .attributes = {{"axis", 0, "the axis of the slices; without it, single elements"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.commutes_with_quantize = true, .data_dependent_shape = true},
};

}  // namespace ingot
