// Rounds before a move instead of after it: the move then carries a quarter of the bytes, and the
// rounding meets the product that can store its result rounded.
//
//   p = MaxPool(x); q = QuantizeLinear(p, s)     =>    r = QuantizeLinear(x, s); q = MaxPool(r)
//   c = Concat(a, b); q = QuantizeLinear(c, s)   =>    q = Concat(QuantizeLinear(a, s), QuantizeLinear(b, s))
//   m = Mul(x, 0.125); q = QuantizeLinear(m, s)  =>    q = QuantizeLinear(x, s / 0.125)
//
// Everybody who reads what is moved must round it with the same scale. Slice and Gather stay
// before: they leave less to round; and so does a Split some part of which is not rounded.
#include <algorithm>
#include <cmath>

#include "compiler/passes/passes.h"
#include "compiler/passes/pointwise_form.h"
#include "compiler/passes/quantized_moves.h"

namespace ingot {
namespace {

bool leaves_less(const Node& node) {
  constexpr std::string_view kNames[] = {"Slice", "Gather", "GatherElements", "GatherND",
                                         "Compress"};
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&](std::string_view name) { return node.is(name); });
}

bool same_quantization(const Graph& graph, const Node& a, const Node& b) {
  const auto x = tensor_quantization(graph, a), y = tensor_quantization(graph, b);
  return x && y && x->scale == y->scale && x->zero == y->zero &&
         graph.dtype(a.outputs[0]) == graph.dtype(b.outputs[0]);
}

class Mover {
 public:
  explicit Mover(Graph* graph) : graph_(*graph) {}

  /// Moves one rounding, and those that it leaves before the move in turn.
  void move(NodeId quantize) {
    while (take_factor(quantize)) {}
    const Node node = graph_.node(quantize);
    const NodeId mover = graph_.producer(node.inputs[0]);
    if (!mover || !can_move(node, mover)) return;
    const Node moved = graph_.node(mover);
    const std::vector<ValueId> sources = moved_values(graph_, mover, Interpolation::kExcluded);

    std::vector<ValueId> inputs = moved.inputs;
    std::vector<NodeId> before;
    for (ValueId& input : inputs) {
      if (std::find(sources.begin(), sources.end(), input) == sources.end()) continue;
      input = rounded(node, input, &before);
    }
    adapt_padding(&graph_, moved, &inputs, node);
    const NodeId result = graph_.add_node(*moved.op, inputs, moved.attributes, moved.origin,
                                          names(moved), static_cast<int>(moved.outputs.size()));
    for (size_t i = 0; i < moved.outputs.size(); ++i) {
      for (NodeId reader : graph_.readers(moved.outputs[i])) {
        graph_.replace_uses(graph_.node(reader).outputs[0], graph_.node(result).outputs[i]);
        graph_.remove(reader);
      }
    }
    graph_.remove(mover);
    for (NodeId id : before) {
      if (graph_.is_live(id)) move(id);
    }
  }

 private:
  /// Makes the factor of a product that is only rounded a part of the scale.
  bool take_factor(NodeId quantize) {
    const Node node = graph_.node(quantize);
    const ValueId product = node.inputs[0];
    const NodeId maker = producer_of(graph_, product, "Mul");
    const auto numbers = tensor_quantization(graph_, node);
    if (!maker || !numbers || !sole_reader(graph_, product) || graph_.is_output(product)) {
      return false;
    }
    const Node mul = graph_.node(maker);
    const size_t constant = graph_.value(mul.inputs[1]).is_constant() ? 1 : 0;
    const auto factor = uniform_constant(graph_, mul.inputs[constant]);
    const ValueId x = mul.inputs[1 - constant];
    if (!factor || !(*factor > 0) || !same_dims(graph_, x, product)) return false;
    const float scale[] = {numbers->scale / *factor};
    if (!std::isnormal(scale[0])) return false;
    std::vector<ValueId> inputs = like_quantization(&graph_, node, x);
    inputs[1] = add_floats(&graph_, scale, Shape{}, graph_.dtype(x));
    Attributes attributes = node.attributes;
    attributes.erase("axis");  // one scale: it stands for no axis
    graph_.set_op(quantize, *node.op, inputs, attributes);
    graph_.remove(maker);
    return true;
  }

  bool can_move(const Node& quantize, NodeId mover) const {
    const Node& moved = graph_.node(mover);
    if (!tensor_quantization(graph_, quantize) || leaves_less(moved)) return false;
    if (moved_values(graph_, mover, Interpolation::kExcluded).empty()) return false;
    if (!padding_fits(graph_, mover, tensor_quantization(graph_, quantize)->zero)) return false;
    return std::all_of(moved.outputs.begin(), moved.outputs.end(), [&](ValueId value) {
      return value && !graph_.is_output(value) && all_round(quantize, value);
    });
  }

  bool all_round(const Node& quantize, ValueId value) const {
    const auto readers = graph_.readers(value);
    return !readers.empty() && std::all_of(readers.begin(), readers.end(), [&](NodeId reader) {
      return graph_.node(reader).is("QuantizeLinear") && graph_.node(reader).inputs[0] == value &&
             same_quantization(graph_, quantize, graph_.node(reader));
    });
  }

  /// The names that the rounded values had.
  std::vector<std::string> names(const Node& moved) const {
    std::vector<std::string> result;
    for (ValueId value : moved.outputs) {
      const NodeId reader = graph_.readers(value).front();
      result.push_back(graph_.value(graph_.node(reader).outputs[0]).name);
    }
    return result;
  }

  ValueId rounded(const Node& quantize, ValueId input, std::vector<NodeId>* before) {
    const std::vector<ValueId> inputs = like_quantization(&graph_, quantize, input);
    Attributes attributes = quantize.attributes;
    attributes.erase("axis");  // one scale: it stands for no axis
    if (graph_.value(input).is_constant()) {
      return fold_now(&graph_, "QuantizeLinear", inputs, attributes);
    }
    const ValueId result = graph_.add("QuantizeLinear", inputs, attributes, quantize.origin);
    before->push_back(graph_.producer(result));
    return result;
  }

  Graph& graph_;
};

}  // namespace

Graph move_quantize_back(Graph graph, PassContext&) {
  std::vector<NodeId> order = graph.nodes("QuantizeLinear");
  std::reverse(order.begin(), order.end());
  Mover mover(&graph);
  for (NodeId id : order) {
    if (graph.is_live(id)) mover.move(id);
  }
  return graph;
}

}  // namespace ingot
