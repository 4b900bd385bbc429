// Reads the trait, and the attributes of those operators that move only with some of them.
#include "compiler/passes/quantized_moves.h"

#include <algorithm>

#include "compiler/graph/match.h"

namespace ingot {
namespace {

bool pads_with_zero(const Graph& graph, const Node& node) {
  if (node.inputs.size() < 3 || !node.inputs[2]) return true;
  const auto number = uniform_constant(graph, node.inputs[2]);
  return number && *number == 0;
}

/// One of the equal elements of a constant, as a scalar.
ValueId single(Graph* graph, ValueId constant) {
  const Tensor tensor = graph->value(constant).type.constant;
  if (tensor.shape().rank() == 0) return constant;
  const ValueId flat = graph->add_constant(tensor.reshaped(Shape{tensor.elements()}));
  return fold_now(graph, "Gather", {flat, graph->add_constant(Tensor::scalar_i64(0))});
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

std::vector<ValueId> like_quantization(Graph* graph, const Node& quantization, ValueId value) {
  std::vector<ValueId> inputs = {value};
  for (size_t i = 1; i < quantization.inputs.size(); ++i) {
    const ValueId input = quantization.inputs[i];
    inputs.push_back(input ? single(graph, input) : ValueId{});
  }
  return inputs;
}

bool padding_fits(const Graph& graph, NodeId id, float zero) {
  if (zero == 0 || !graph.node(id).is("Resize")) return true;
  return attributes_of(graph, id).text("coordinate_transformation_mode") != "tf_crop_and_resize";
}

void adapt_padding(Graph* graph, const Node& node, std::vector<ValueId>* inputs,
                   const Node& quantization) {
  if (!node.is("Pad")) return;
  const bool has_zero = quantization.inputs.size() > 2 && quantization.inputs[2];
  const bool shifts = has_zero && !is_uniform(*graph, quantization.inputs[2], 0, 0);
  if (!shifts && inputs->size() < 3) return;
  inputs->resize(std::max<size_t>(3, inputs->size()));
  (*inputs)[2] = {};
  if (!shifts) return;
  (*inputs)[2] = single(graph, quantization.inputs[2]);
}

}  // namespace ingot
