// Fuses connected elementwise float nodes into one Pointwise node that passes over memory once.
//
//   a = Sub(x, m); b = Mul(a, s); y = Sigmoid(b)
//       =>    y = Pointwise(x, m, s) {expression=expr(sigmoid(mul(sub(in0,in1),in2))), dtype=f32}
//
// A cluster has one result, and all its values have the dims of that result. A value is computed
// inside if nobody outside reads it, or if it costs one operation on one input and everyone who
// reads it can do the same. A lone elementwise node becomes a Pointwise too, so that one kind of
// kernel serves all; Casts between floats join a cluster but make none. Other integers than quantised
// bytes, and what only makes bools, stay as they are. A value that is rounded to 8 bits joins if
// nobody outside reads it; it is rounded then as it would have been in memory. An 8-bit float is
// stored.
#include <algorithm>
#include <map>
#include <set>

#include "compiler/passes/passes.h"
#include "compiler/passes/pointwise_form.h"

namespace ingot {
namespace {

constexpr size_t kMostInputs = 8;
constexpr int kMostOperations = 64;

bool is_result_type(DType dtype) { return is_pointwise_float(dtype) || is_quantized_byte(dtype); }

class Cluster {
 public:
  Cluster(Graph* graph, NodeId root) : graph_(*graph), root_(root) {
    members_.insert(root);
    nodes_.insert(root);
  }

  void grow() {
    for (bool grown = true; grown;) {
      grown = false;
      for (ValueId input : inputs()) {
        const NodeId candidate = graph_.producer(input);
        if (!candidate || rejected_.contains(candidate)) continue;
        if (!add(candidate))
          rejected_.insert(candidate);
        else
          grown = true;
        // Whoever was rejected for a reader outside may have all readers inside now.
        if (grown) rejected_.clear();
        if (grown) break;
      }
    }
  }

  /// Replaces the nodes by one, unless they are nothing but Casts.
  void fuse() {
    if (operations() == 0 || (nodes_.size() == 1 && graph_.node(root_).is("Pointwise"))) return;
    const std::vector<NodeId> ordered = in_order();
    Expression expression;
    std::vector<ValueId> inputs;
    std::map<ValueId, int> computed;
    int result = -1;
    for (NodeId id : ordered) {
      const PointwiseForm form = *pointwise_form(graph_, id);
      std::vector<int> operands;
      for (ValueId input : form.inputs) {
        auto found = computed.find(input);
        if (found == computed.end()) {
          const int node = expression.add_input(static_cast<int>(inputs.size()));
          inputs.push_back(input);
          found = computed.emplace(input, node).first;
        }
        operands.push_back(found->second);
      }
      result = expression.inline_expression(form.expression, operands);
      if (id != root_)
        result = rounded(&expression, result, graph_.dtype(graph_.node(id).outputs[0]));
      computed[graph_.node(id).outputs[0]] = result;
    }
    expression.finish(result);
    const ValueId old = graph_.node(root_).outputs[0];
    Attributes attributes;
    attributes.set("expression", expression);
    attributes.set("dtype", graph_.dtype(old));
    const ValueId fused = graph_.add("Pointwise", inputs, attributes,
                                     merged_origin(graph_, ordered), graph_.value(old).name);
    graph_.replace_uses(old, fused);
    for (auto it = ordered.rbegin(); it != ordered.rend(); ++it) {
      if (graph_.reader_count(graph_.node(*it).outputs[0]) == 0) graph_.remove(*it);
    }
  }

 private:
  /// What a value that is stored in 8 bits would be, where it is not stored.
  static int rounded(Expression* expression, int value, DType dtype) {
    if (dtype != DType::kI8 && dtype != DType::kU8) return value;
    const float low = dtype == DType::kI8 ? -128 : 0, high = dtype == DType::kI8 ? 127 : 255;
    const int whole = expression->add(ScalarOp::kRound, value);
    const int from = expression->add_constant(low);
    return expression->add(ScalarOp::kClip, whole, from, expression->add_constant(high));
  }

  bool add(NodeId id) {
    const auto form = pointwise_form(graph_, id);
    if (!form) return false;
    const ValueId value = graph_.node(id).outputs[0];
    // No expression rounds as an 8-bit float does: it has to be stored.
    if (graph_.dtype(value) == DType::kF8E4M3) return false;
    if (graph_.is_output(value) || !same_dims(graph_, value, graph_.node(root_).outputs[0])) {
      return false;
    }
    const auto readers = graph_.readers(value);
    const bool enclosed = std::all_of(readers.begin(), readers.end(),
                                      [&](NodeId reader) { return members_.contains(reader); });
    if (!enclosed && is_quantized_byte(graph_.dtype(value))) return false;
    if (!enclosed && !is_cheap_copy(value, *form, readers)) return false;
    nodes_.insert(id);
    if (inputs().size() > kMostInputs || operations() > kMostOperations) {
      nodes_.erase(id);
      return false;
    }
    if (enclosed) members_.insert(id);
    return true;
  }

  /// One operation on one input, which every reader can compute itself. Reading bytes instead of
  /// floats is worth a second one.
  bool is_cheap_copy(ValueId value, const PointwiseForm& form,
                     const std::vector<NodeId>& readers) const {
    if (form.inputs.size() != 1 || form.expression.operation_count() > 2) return false;
    const bool reads_bytes = is_quantized_byte(graph_.dtype(form.inputs[0]));
    if (form.expression.operation_count() > 1 && !reads_bytes) return false;
    return std::all_of(readers.begin(), readers.end(), [&](NodeId reader) {
      const ValueId result = graph_.node(reader).outputs[0];
      return is_result_type(graph_.dtype(result)) && same_dims(graph_, result, value) &&
             pointwise_form(graph_, reader);
    });
  }

  std::vector<ValueId> inputs() const {
    std::vector<ValueId> result;
    for (NodeId id : nodes_) {
      const auto form = pointwise_form(graph_, id);
      for (ValueId input : form->inputs) {
        const NodeId maker = graph_.producer(input);
        if (maker && nodes_.contains(maker)) continue;
        if (std::find(result.begin(), result.end(), input) == result.end()) result.push_back(input);
      }
    }
    return result;
  }

  int operations() const {
    int count = 0;
    for (NodeId id : nodes_) count += pointwise_form(graph_, id)->expression.operation_count();
    return count;
  }

  /// Producers before readers.
  std::vector<NodeId> in_order() const {
    std::vector<NodeId> order;
    std::set<NodeId> seen;
    const auto visit = [&](const auto& self, NodeId id) -> void {
      if (!seen.insert(id).second) return;
      for (ValueId input : graph_.node(id).inputs) {
        const NodeId maker = input ? graph_.producer(input) : NodeId{};
        if (maker && nodes_.contains(maker)) self(self, maker);
      }
      order.push_back(id);
    };
    visit(visit, root_);
    return order;
  }

  Graph& graph_;
  NodeId root_;
  std::set<NodeId> nodes_;    ///< computed by the cluster
  std::set<NodeId> members_;  ///< those that nobody else needs
  std::set<NodeId> rejected_;
};

}  // namespace

Graph fuse_pointwise(Graph graph, PassContext&) {
  std::vector<NodeId> order = graph.nodes();
  std::reverse(order.begin(), order.end());
  for (NodeId id : order) {
    if (!graph.is_live(id) || !pointwise_form(graph, id)) continue;
    if (!is_result_type(graph.dtype(graph.node(id).outputs[0]))) continue;
    Cluster cluster(&graph, id);
    cluster.grow();
    cluster.fuse();
  }
  return graph;
}

}  // namespace ingot
