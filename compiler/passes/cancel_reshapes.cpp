// Writes Squeeze, Unsqueeze and Flatten as Reshape, joins chains of them, and says the target with
// constants where that is possible.
//
//   a = Flatten(x); y = Unsqueeze(a, [0])      =>    y = Reshape(x, [1,0,-1])
//   a = Reshape(x, s); y = Reshape(a, t)       =>    y = Reshape(x, t)
//   y = Reshape(x, ShapeTensor [batch,-1,8])   =>    y = Reshape(x, [0,-1,8])
//
// A Reshape whose dims only the run can tell stays.
#include "compiler/passes/passes.h"

namespace ingot {
namespace {

bool is_reshape(const Node& node) {
  return node.is("Reshape") || node.is("Squeeze") || node.is("Unsqueeze") || node.is("Flatten");
}

/// What the chain of reshapes that ends in `value` starts from.
ValueId source_of(const Graph& graph, ValueId value) {
  for (;;) {
    const NodeId id = graph.producer(value);
    if (!id || !is_reshape(graph.node(id))) return value;
    value = graph.node(id).inputs[0];
  }
}

}  // namespace

Graph cancel_reshapes(Graph graph, PassContext& pass) {
  for (NodeId id : graph.nodes()) {
    if (!graph.is_live(id) || !is_reshape(graph.node(id))) continue;
    const Node node = graph.node(id);
    const ValueId source = source_of(graph, node.inputs[0]);
    const SymbolicShape dims = graph.dims(node.outputs[0]);
    if (source != node.inputs[0] && graph.dims(source) == dims) {
      graph.replace(id, source);
      continue;
    }
    const auto target = reshape_target(&graph, graph.dims(source), dims);
    if (!target) {
      pass.near_miss(graph, id, "only the run can tell its dims");
      continue;
    }
    const bool same = node.is("Reshape") && source == node.inputs[0];
    if (same) {
      const auto old = known_integers(graph, node.inputs[1]);
      const auto now = known_integers(graph, *target);
      // Without numbers, the ShapeTensor of the model is as good as another.
      if ((old && now && *old == *now && node.attributes.empty()) || (!old && !now)) continue;
    }
    graph.set_op(id, op_named("Reshape"), {source, *target}, {});
  }
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
