// Removes transposes: adjacent ones become one or none, and one is moved up through elementwise
// operators, Concat, Softmax and products of rows by a constant where it then meets its inverse.
//
//   a = Transpose(x) {perm=[0,2,3,1]}; b = Relu(a); y = Transpose(b) {perm=[0,3,1,2]}
//       =>    y = Relu(x)
//   y = Transpose(Transpose(x) {perm=p}) {perm=q}    =>    y = Transpose(x) {perm=q of p}
//   y = Transpose(x) that moves only axes of size 1  =>    y = Reshape(x)
#include <algorithm>
#include <numeric>

#include "compiler/passes/passes.h"

namespace ingot {
namespace {

using Perm = std::vector<int64_t>;

Perm perm_of(const Graph& graph, NodeId transpose) {
  Perm perm = attributes_of(graph, transpose).integers("perm");
  if (perm.empty()) {  // the default reverses the axes
    perm.resize(graph.dims(graph.node(transpose).inputs[0]).size());
    std::iota(perm.rbegin(), perm.rend(), 0);
  }
  return perm;
}

/// The perm of `outer` applied to the result of `inner`.
Perm composed(const Perm& inner, const Perm& outer) {
  Perm perm;
  for (int64_t axis : outer) perm.push_back(inner[static_cast<size_t>(axis)]);
  return perm;
}

bool is_identity(const Perm& perm) { return std::is_sorted(perm.begin(), perm.end()); }

/// Brings values into another order of axes, at the cost of as few transposes as can be.
class Mover {
 public:
  explicit Mover(Graph* graph) : graph_(*graph) {}

  /// Transposes that it takes to have `value` permuted, less those that nobody needs then.
  int cost(ValueId value, const Perm& perm, int depth = 0) const {
    if (graph_.value(value).is_constant()) return 0;
    const NodeId id = graph_.producer(value);
    if (!id) return 1;
    const bool alone = static_cast<bool>(sole_reader(graph_, value));
    if (graph_.node(id).is("Transpose")) {
      const bool cancels = is_identity(composed(perm_of(graph_, id), perm));
      return (cancels ? 0 : 1) - (alone ? 1 : 0);
    }
    if (!alone || depth > 12 || !moves(id, perm)) return 1;
    int sum = 0;
    for (size_t i = 0; i < graph_.node(id).inputs.size(); ++i) {
      if (is_moved(id, i)) sum += cost(graph_.node(id).inputs[i], perm, depth + 1);
    }
    return sum;
  }

  /// `value` permuted. Follows the same choices as cost().
  ValueId make(ValueId value, const Perm& perm, int depth = 0) {
    if (is_identity(perm)) return value;
    const NodeId id = graph_.producer(value);
    if (graph_.value(value).is_constant())
      return fold_now(&graph_, "Transpose", {aligned(value, perm)}, with(perm));
    if (id && graph_.node(id).is("Transpose")) {
      const Node inner = graph_.node(id);
      const Perm both = composed(perm_of(graph_, id), perm);
      if (is_identity(both)) return inner.inputs[0];
      return graph_.add("Transpose", {inner.inputs[0]}, with(both), inner.origin);
    }
    if (!id || depth > 12 || !sole_reader(graph_, value) || !moves(id, perm)) {
      return graph_.add("Transpose", {value}, with(perm),
                        id ? graph_.node(id).origin : std::vector<std::string>{});
    }
    const Node node = graph_.node(id);
    std::vector<ValueId> inputs;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      inputs.push_back(is_moved(id, i) ? make(node.inputs[i], perm, depth + 1) : node.inputs[i]);
    }
    Attributes attributes = node.attributes;
    if (!node.op->traits.elementwise && !node.is("MatMul")) {
      const int axis = attributes_of(graph_, id).axis("axis", static_cast<int>(perm.size()));
      attributes.set("axis", std::find(perm.begin(), perm.end(), axis) - perm.begin());
    }
    return graph_.add(node.op->name, inputs, attributes, node.origin);
  }

 private:
  static Attributes with(const Perm& perm) {
    Attributes attributes;
    attributes.set("perm", perm);
    return attributes;
  }

  /// One element: it broadcasts alike in any order of axes.
  bool is_single(ValueId value) const {
    return graph_.value(value).is_constant() && graph_.value(value).type.constant.elements() == 1;
  }

  /// Input i has the axes that are permuted.
  bool is_moved(NodeId id, size_t i) const {
    const Node& node = graph_.node(id);
    return node.inputs[i] && !is_single(node.inputs[i]) && !(node.is("MatMul") && i > 0);
  }

  /// A product of the rows of a tensor, whose columns stay the last axis.
  bool is_product_of_rows(NodeId id, const Perm& perm) const {
    const Node& node = graph_.node(id);
    if (!node.is("MatMul") || node.inputs.size() != 2 || node.attributes.has("epilogue"))
      return false;
    return graph_.value(node.inputs[1]).is_constant() && graph_.dims(node.inputs[1]).size() == 2 &&
           graph_.dims(node.inputs[0]).size() == perm.size() &&
           attributes_of(graph_, id).integer("transpose_a") == 0 &&
           perm.back() == static_cast<int64_t>(perm.size()) - 1;
  }

  /// A constant with as many axes as the perm.
  ValueId aligned(ValueId value, const Perm& perm) {
    const Tensor constant = graph_.value(value).type.constant;
    Shape shape;
    for (int i = constant.shape().rank(); i < static_cast<int>(perm.size()); ++i)
      shape.push_back(1);
    for (int64_t dim : constant.shape().dims()) shape.push_back(dim);
    return graph_.add_constant(constant.reshaped(shape));
  }

  /// The operator gives the same in another order of axes.
  bool moves(NodeId id, const Perm& perm) const {
    const Node& node = graph_.node(id);
    if (node.outputs.size() != 1) return false;
    if (is_product_of_rows(id, perm)) return true;
    const bool along_axis = node.is("Concat") || node.is("Softmax") || node.is("LogSoftmax");
    const bool pointwise = node.op->traits.elementwise && !node.attributes.has("axis");
    if (!along_axis && !pointwise) return false;
    return std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) {
      if (!input || is_single(input)) return !along_axis || !node.is("Concat");
      const size_t rank = graph_.dims(input).size();
      return rank == perm.size() || (graph_.value(input).is_constant() && rank < perm.size());
    });
  }

  Graph& graph_;
};

/// The axes that have more than one element keep their order.
bool moves_single_elements_only(const Graph& graph, NodeId id, const Perm& perm) {
  const SymbolicShape& dims = graph.dims(graph.node(id).inputs[0]);
  int64_t last = -1;
  for (int64_t axis : perm) {
    if (dims[static_cast<size_t>(axis)] == Dim(1)) continue;
    if (axis < last) return false;
    last = axis;
  }
  return true;
}

}  // namespace

Graph cancel_transposes(Graph graph, PassContext&) {
  for (NodeId id : graph.nodes("Transpose")) {
    if (!graph.is_live(id)) continue;
    const Node node = graph.node(id);
    const Perm perm = perm_of(graph, id);
    const ValueId source = node.inputs[0];
    if (!is_identity(perm) && moves_single_elements_only(graph, id, perm)) {
      const SymbolicShape from = graph.dims(source), to = graph.dims(node.outputs[0]);
      if (const auto target = reshape_target(&graph, from, to)) {
        graph.set_op(id, op_named("Reshape"), {source, *target}, {});
        continue;
      }
    }
    Mover mover(&graph);
    const bool adjacent = static_cast<bool>(producer_of(graph, source, "Transpose"));
    if (is_identity(perm) || adjacent || mover.cost(source, perm) < 1) {
      if (graph.value(source).is_constant()) continue;  // folded elsewhere
      const int32_t values_before = graph.value_count();
      const ValueId moved = mover.make(source, perm);
      graph.replace(id, moved);
      // A new value takes the name of what it replaces; an older one has its own.
      if (moved.index >= values_before) graph.set_name(moved, graph.value(node.outputs[0]).name);
    }
  }
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
