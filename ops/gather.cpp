// Gather: slices of a tensor, chosen by indices along an axis.
#include <cstring>

#include "ops/float_tensor.h"
#include "ops/indices.h"
#include "ops/shape_arithmetic.h"
#include "ops/strided_copy.h"
#include "ops/whole_bytes.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_indices(node, 1);
  const int axis = node.axis("axis", node.rank(0));
  const SymbolicShape& data = node.dims(0);
  SymbolicShape dims(data.begin(), data.begin() + axis);
  dims.insert(dims.end(), node.dims(1).begin(), node.dims(1).end());
  dims.insert(dims.end(), data.begin() + axis + 1, data.end());
  node.set_output(0, node.input(0).dtype, std::move(dims));
  move_contents(node, {0});
}

void evaluate(Reference& node) {
  if (evaluate_in_whole_bytes(node, evaluate)) return;
  const TensorView& x = node.input(0);
  const TensorView& y = node.output(0);
  const AxisSplit split = AxisSplit::at(x.shape, node.axis("axis", x.shape.rank()));
  const std::vector<int64_t> indices = checked_indices(node, 1, split.length);
  const size_t row = static_cast<size_t>(split.inner) * element_width(x.dtype, node.op().name);
  const auto* from = static_cast<const char*>(x.data);
  auto* to = static_cast<char*>(y.data);
  for (int64_t i = 0; row != 0 && i < split.outer; ++i) {
    for (const int64_t index : indices) {
      std::memcpy(to, from + static_cast<size_t>(index) * row, row);
      to += row;
    }
    from += static_cast<size_t>(split.length) * row;
  }
}

}  // namespace

extern const OpDef kGather = {
    .name = "Gather",
    .summary = "Picks slices of a tensor by their indices along an axis.",
    .inputs = {{"data", "any type, any rank from 1"},
               {"indices", "i32 or i64, any shape; negative: from the end"}},
    .outputs = {{"output", "type of data; the axis is replaced by the axes of indices"}},
    .attributes = {{"axis", 0, "the axis to pick along"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.commutes_with_quantize = true},
};

}  // namespace ingot
