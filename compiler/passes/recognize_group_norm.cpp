// Finds group normalisation, which exporters write as an instance normalisation of groups.
//
//   r = Reshape(x, [0,4,-1]); i = InstanceNormalization(r, ones, zeros); b = Reshape(i, dims of x)
//   s = Mul(b, scale); y = Add(s, bias)
//       =>    y = GroupNormalization(x, scale, bias) {num_groups=4}
//
// Scale and bias must be constant and vary over the channels only.
#include "compiler/passes/affine.h"
#include "compiler/passes/passes.h"

namespace ingot {
namespace {

/// What follows the normalisation: one scale and one bias for each channel.
struct Tail {
  ValueId result;
  std::vector<float> scale, bias;
};

Tail read_tail(const Graph& graph, ValueId normalized, int64_t channels) {
  Tail tail{normalized, std::vector<float>(static_cast<size_t>(channels), 1.0F),
            std::vector<float>(static_cast<size_t>(channels), 0.0F)};
  for (;;) {
    const NodeId reader = sole_reader(graph, tail.result);
    if (!reader) return tail;
    const Affine affine = match_affine(graph, reader, 1);
    if (!affine || affine.input != tail.result) return tail;
    for (size_t c = 0; c < tail.scale.size(); ++c) {
      tail.scale[c] *= affine.scale[c];
      tail.bias[c] = tail.bias[c] * affine.scale[c] + affine.shift[c];
    }
    tail.result = graph.node(reader).outputs[0];
  }
}

}  // namespace

Graph recognize_group_norm(Graph graph, PassContext& pass) {
  for (NodeId id : graph.nodes("InstanceNormalization")) {
    const Node node = graph.node(id);
    const NodeId split = producer_of(graph, node.inputs[0], "Reshape");
    const NodeId join = sole_reader(graph, node.outputs[0]);
    if (!split || !join || !graph.node(join).is("Reshape")) continue;
    const ValueId x = graph.node(split).inputs[0], whole = graph.node(join).outputs[0];
    const SymbolicShape dims = graph.dims(x), grouped = graph.dims(node.inputs[0]);
    if (grouped.size() != 3 || dims.size() < 3 || !same_dims(graph, x, whole)) continue;
    if (!(grouped[0] == dims[0]) || !grouped[1].is_constant() || !dims[1].is_constant()) {
      pass.near_miss(graph, id, "the groups are not made of whole channels");
      continue;
    }
    const int64_t channels = dims[1].constant(), groups = grouped[1].constant();
    if (channels % groups != 0) continue;
    if (!is_uniform(graph, node.inputs[1], 1, 0) || !is_uniform(graph, node.inputs[2], 0, 0)) {
      pass.near_miss(graph, id, "the groups have scales or biases of their own");
      continue;
    }
    const Tail tail = read_tail(graph, whole, channels);
    const DType dtype = graph.dtype(x);
    Attributes attributes;
    attributes.set("num_groups", groups);
    attributes.set("epsilon", attributes_of(graph, id).number("epsilon"));
    const ValueId scale = add_floats(&graph, tail.scale, Shape{channels}, dtype);
    const ValueId bias = add_floats(&graph, tail.bias, Shape{channels}, dtype);
    const NodeId last = graph.producer(tail.result);
    graph.replace(last, graph.add("GroupNormalization", {x, scale, bias}, std::move(attributes),
                                  merged_origin(graph, {id, last}), graph.value(tail.result).name));
  }
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
