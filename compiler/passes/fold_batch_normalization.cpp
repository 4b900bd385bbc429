// Writes BatchNormalization with constant statistics as a multiplication and an addition, which
// fold_affine_into_weights then moves into a convolution before them, where there is one.
//
//   y = BatchNormalization(x, scale, bias, mean, variance)
//       =>    m = Mul(x, a); y = Add(m, b)
//             a = scale / sqrt(variance + epsilon), b = bias - mean * a, one value a channel
#include <cmath>

#include "compiler/passes/passes.h"

namespace ingot {
namespace {

std::vector<float> floats(const Graph& graph, ValueId value) {
  return graph.value(value).type.constant.to_floats();
}

}  // namespace

Graph fold_batch_normalization(Graph graph, PassContext& pass) {
  for (NodeId id : graph.nodes("BatchNormalization")) {
    const Node node = graph.node(id);
    bool constant = true;
    for (size_t i = 1; i < 5; ++i) constant &= graph.value(node.inputs[i]).is_constant();
    if (!constant) {
      pass.near_miss(graph, id, "its scale, bias, mean or variance is not constant");
      continue;
    }
    if (attributes_of(graph, id).integer("training_mode") != 0) {
      pass.near_miss(graph, id, "it is in training mode");
      continue;
    }
    const double epsilon = attributes_of(graph, id).number("epsilon");
    std::vector<float> scale = floats(graph, node.inputs[1]);
    std::vector<float> shift = floats(graph, node.inputs[2]);
    const std::vector<float> mean = floats(graph, node.inputs[3]);
    const std::vector<float> variance = floats(graph, node.inputs[4]);
    for (size_t c = 0; c < scale.size(); ++c) {
      const double a = scale[c] / std::sqrt(variance[c] + epsilon);
      scale[c] = static_cast<float>(a);
      shift[c] = static_cast<float>(shift[c] - mean[c] * a);
    }
    const DType dtype = graph.dtype(node.inputs[0]);
    Shape shape{static_cast<int64_t>(scale.size())};
    for (size_t axis = 2; axis < graph.dims(node.inputs[0]).size(); ++axis) shape.push_back(1);
    const ValueId product = graph.add(
        "Mul", {node.inputs[0], add_floats(&graph, scale, shape, dtype)}, {}, node.origin);
    graph.replace(id, graph.add("Add", {product, add_floats(&graph, shift, shape, dtype)}, {},
                                node.origin, graph.value(node.outputs[0]).name));
  }
  return graph;
}

}  // namespace ingot
