// Rows need not be flattened, or grouped otherwise, for a product with a matrix.
//
//   a = Reshape(x [4,5,8], [20,8]); b = MatMul(a, W); c = Add(b, bias); y = Reshape(c, [4,5,6])
//       =>    y = Add(MatMul(x, W), bias)
#include <algorithm>

#include "compiler/passes/passes.h"

namespace ingot {
namespace {

/// A constant that is the same for all rows, in no more than `rank` axes.
bool is_of_columns(const Graph& graph, ValueId value, size_t rank) {
  const SymbolicShape& dims = graph.dims(value);
  return graph.value(value).is_constant() && dims.size() <= rank &&
         (dims.empty() || elements(dims) == dims.back());
}

class Rewriter {
 public:
  explicit Rewriter(Graph* graph) : graph_(*graph) {}

  void rewrite(NodeId reshape) {
    const ValueId result = graph_.node(reshape).outputs[0];
    rank_ =
        std::min(graph_.dims(result).size(), graph_.dims(graph_.node(reshape).inputs[0]).size());
    std::vector<NodeId> elementwise;
    ValueId value = graph_.node(reshape).inputs[0];
    NodeId id = graph_.producer(value);
    while (id && sole_reader(graph_, value) && input_of(id) >= 0) {
      elementwise.push_back(id);
      value = graph_.node(id).inputs[static_cast<size_t>(input_of(id))];
      id = graph_.producer(value);
    }
    if (!id || !is_product(id) || !sole_reader(graph_, value)) return;
    const ValueId rows = graph_.node(id).inputs[0];
    const NodeId flatten = sole_producer_of(graph_, rows, "Reshape");
    if (!flatten) return;
    const ValueId source = graph_.node(flatten).inputs[0];
    SymbolicShape dims = graph_.dims(source);
    if (dims.size() < 2 || !(dims.back() == graph_.dims(rows).back())) return;
    dims.back() = graph_.dims(result).back();
    if (!(dims == graph_.dims(result)) || !(dims.back() == graph_.dims(value).back())) return;

    const Node product = graph_.node(id);
    ValueId made =
        graph_.add("MatMul", {source, product.inputs[1]}, product.attributes, product.origin);
    for (auto at = elementwise.rbegin(); at != elementwise.rend(); ++at) {
      const Node node = graph_.node(*at);
      std::vector<ValueId> inputs = node.inputs;
      inputs[static_cast<size_t>(input_of(*at))] = made;
      made = graph_.add(node.op->name, inputs, node.attributes, node.origin);
    }
    graph_.set_name(made, graph_.value(result).name);
    graph_.replace(reshape, made);
  }

 private:
  bool is_product(NodeId id) const {
    const Node& node = graph_.node(id);
    return node.is("MatMul") && node.inputs.size() == 2 && !node.attributes.has("epilogue") &&
           graph_.value(node.inputs[1]).is_constant() && graph_.dims(node.inputs[1]).size() == 2 &&
           attributes_of(graph_, id).integer("transpose_a") == 0;
  }
  /// The input that an elementwise operator works on, where the others are the same for all rows;
  /// else -1.
  int input_of(NodeId id) const {
    const Node& node = graph_.node(id);
    if (!node.op->traits.elementwise || node.outputs.size() != 1) return -1;
    int found = -1;
    for (int i = 0; i < static_cast<int>(node.inputs.size()); ++i) {
      const ValueId input = node.inputs[static_cast<size_t>(i)];
      if (input && is_of_columns(graph_, input, rank_)) continue;
      if (!input || found >= 0) return -1;
      found = i;
    }
    return found;
  }

  Graph& graph_;
  size_t rank_ = 0;  // of the result before or after the Reshape, the smaller one
};

}  // namespace

Graph unflatten_products(Graph graph, PassContext&) {
  Rewriter rewriter(&graph);
  for (NodeId id : graph.nodes("Reshape")) {
    if (graph.is_live(id)) rewriter.rewrite(id);
  }
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
