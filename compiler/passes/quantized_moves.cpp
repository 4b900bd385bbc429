// Reads the trait, and the attributes of those operators that move only with some of them.
#include "compiler/passes/quantized_moves.h"

#include "compiler/graph/match.h"

namespace ingot {
namespace {

bool pads_with_zero(const Graph& graph, const Node& node) {
  if (node.inputs.size() < 3 || !node.inputs[2]) return true;
  const auto number = uniform_constant(graph, node.inputs[2]);
  return number && *number == 0;
}

bool resize_moves(const NodeAttributes& node, Interpolation interpolation) {
  const std::string mode = node.text("mode");
  if (node.number("extrapolation_value") != 0) return false;
  return mode == "nearest" || (mode == "linear" && interpolation == Interpolation::kAllowed);
}

}  // namespace

std::vector<ValueId> moved_values(const Graph& graph, NodeId id, Interpolation interpolation) {
  const Node& node = graph.node(id);
  if (node.inputs.empty() || !node.inputs[0]) return {};
  if (node.is("Concat")) return node.inputs;
  bool moves = node.op->traits.commutes_with_quantize || node.op->traits.is_view;
  if (node.is("Pad")) moves = pads_with_zero(graph, node);
  if (node.is("Resize")) moves = resize_moves(attributes_of(graph, id), interpolation);
  // Indices of maxima and the mask of a Dropout are no moved elements.
  if (node.is("MaxPool") || node.is("Dropout")) {
    moves = moves && (node.outputs.size() == 1 || !node.outputs[1]);
  }
  if (!moves) return {};
  return {node.inputs[0]};
}

}  // namespace ingot
