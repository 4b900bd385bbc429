// Squeeze: drops axes of size 1.
#include <algorithm>

#include "ops/axes.h"
#include "ops/view.h"

namespace ingot {
namespace {

std::vector<int> dropped_axes(const InferContext& node) {
  const SymbolicShape& from = node.dims(0);
  if (node.has_input(1)) return normalize_axes(known_axes(node, 1), node.rank(0), node.op().name);
  std::vector<int> axes;
  for (size_t axis = 0; axis < from.size(); ++axis) {
    if (!from[axis].is_constant()) {
      node.fail("op.unknown_axes",
                "no axes are given, and whether axis " + std::to_string(axis) + " (" +
                    from[axis].to_string() + ") is 1 is not known",
                "give the axes");
    }
    if (from[axis] == Dim(1)) axes.push_back(static_cast<int>(axis));
  }
  return axes;
}

void infer(InferContext& node) {
  const SymbolicShape& from = node.dims(0);
  const std::vector<int> dropped = dropped_axes(node);
  SymbolicShape dims;
  for (int axis = 0; axis < node.rank(0); ++axis) {
    const Dim& dim = from[static_cast<size_t>(axis)];
    if (std::find(dropped.begin(), dropped.end(), axis) == dropped.end()) {
      dims.push_back(dim);
    } else if (dim.is_constant() && dim.constant() != 1) {
      node.fail("op.bad_shape",
                "axis " + std::to_string(axis) + " has size " + dim.to_string() + ", not 1",
                "squeeze axes of size 1 only");
    }
  }
  infer_view(node, std::move(dims));
}

}  // namespace

extern const OpDef kSqueeze = {
    .name = "Squeeze",
    .summary = "Drops axes of size 1.",
    .inputs = {{"data", "any type, any shape"},
               {"axes", "i64, one axis: which to drop; without it, all of size 1",
                OpPort::kOptional}},
    .outputs = {{"squeezed", "type of data, as many elements"}},
    .infer = infer,
    .evaluate = evaluate_view,
    .traits = {.is_view = true, .commutes_with_quantize = true},
};

}  // namespace ingot
