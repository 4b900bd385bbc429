// Dequantises after a move instead of before it, so that the move carries a quarter of the bytes, and
// takes back roundings that change nothing.
//
//   f = DequantizeLinear(q, s); y = Reshape(f, t)     =>    y = DequantizeLinear(Reshape(q, t), s)
//   f = DequantizeLinear(q, s); y = QuantizeLinear(f, s)   =>    y = q
//
// All that is moved must have one scale. A linear Resize, which rounds once more on integers, is
// moved over only where all its readers round with that scale.
#include <algorithm>

#include "compiler/passes/passes.h"
#include "compiler/passes/pointwise_form.h"
#include "compiler/passes/quantized_moves.h"

namespace ingot {
namespace {

/// The DequantizeLinear of constant scale behind a value, or none.
NodeId dequantize_of(const Graph& graph, ValueId value) {
  const NodeId maker = producer_of(graph, value, "DequantizeLinear");
  return maker && tensor_quantization(graph, graph.node(maker)) ? maker : NodeId{};
}

/// Scale, zero point and both types are the same.
bool same_quantization(const Graph& graph, const Node& dequantize, const Node& other) {
  const auto a = tensor_quantization(graph, dequantize), b = tensor_quantization(graph, other);
  if (!a || !b || a->scale != b->scale || a->zero != b->zero) return false;
  const bool quantizes = other.is("QuantizeLinear");
  const ValueId bytes = quantizes ? other.outputs[0] : other.inputs[0];
  const ValueId floats = quantizes ? other.inputs[0] : other.outputs[0];
  return graph.dtype(bytes) == graph.dtype(dequantize.inputs[0]) &&
         graph.dtype(floats) == graph.dtype(dequantize.outputs[0]);
}

class Mover {
 public:
  Mover(Graph* graph, PassContext* pass) : graph_(*graph), pass_(*pass) {}

  void move(NodeId id) {
    const Node node = graph_.node(id);
    const std::vector<ValueId> sources = moved_values(graph_, id, Interpolation::kAllowed);
    if (sources.empty()) return;
    const NodeId first = dequantize_of(graph_, sources[0]);
    if (!first || !all_like(id, first, sources)) return;
    const Node dequantize = graph_.node(first);
    if (!padding_fits(graph_, id, tensor_quantization(graph_, dequantize)->zero)) return;
    const bool exact = !moved_values(graph_, id, Interpolation::kExcluded).empty();
    if (!exact && !all_round_again(node, dequantize)) {
      return pass_.near_miss(graph_, id, "it interpolates, and its result is not rounded again");
    }

    std::vector<ValueId> inputs = node.inputs;
    for (ValueId& input : inputs) {
      if (std::find(sources.begin(), sources.end(), input) == sources.end()) continue;
      input = graph_.node(graph_.producer(input)).inputs[0];
    }
    adapt_padding(&graph_, node, &inputs, dequantize);
    const NodeId moved = graph_.add_node(*node.op, inputs, node.attributes, node.origin, {},
                                         static_cast<int>(node.outputs.size()));
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (!node.outputs[i]) continue;
      const std::vector<ValueId> operands =
          like_quantization(&graph_, dequantize, graph_.node(moved).outputs[i]);
      Attributes attributes = dequantize.attributes;
      attributes.erase("axis");  // one scale: it stands for no axis
      graph_.replace_uses(node.outputs[i],
                          graph_.add("DequantizeLinear", operands, attributes, dequantize.origin,
                                     graph_.value(node.outputs[i]).name));
    }
    graph_.remove(id);
  }

  /// Takes a rounding back that finds its own numbers.
  void cancel(NodeId quantize) {
    const Node node = graph_.node(quantize);
    const NodeId dequantize = dequantize_of(graph_, node.inputs[0]);
    if (!dequantize || !same_quantization(graph_, graph_.node(dequantize), node)) return;
    const ValueId bytes = graph_.node(dequantize).inputs[0];
    if (graph_.is_output(node.outputs[0]) && !graph_.producer(bytes)) return;
    if (graph_.is_output(node.outputs[0])) {
      graph_.set_name(bytes, graph_.value(node.outputs[0]).name);
    }
    graph_.replace_uses(node.outputs[0], bytes);
    graph_.remove(quantize);
  }

 private:
  bool all_like(NodeId id, NodeId first, const std::vector<ValueId>& sources) {
    for (ValueId source : sources) {
      const NodeId maker = dequantize_of(graph_, source);
      if (!maker) return false;
      if (same_quantization(graph_, graph_.node(first), graph_.node(maker))) continue;
      pass_.near_miss(graph_, id, "its inputs have different scales");
      return false;
    }
    return true;
  }

  bool all_round_again(const Node& node, const Node& dequantize) const {
    if (graph_.is_output(node.outputs[0])) return false;
    const auto readers = graph_.readers(node.outputs[0]);
    return std::all_of(readers.begin(), readers.end(), [&](NodeId reader) {
      return graph_.node(reader).is("QuantizeLinear") &&
             same_quantization(graph_, dequantize, graph_.node(reader));
    });
  }

  Graph& graph_;
  PassContext& pass_;
};

}  // namespace

Graph move_dequantize_forward(Graph graph, PassContext& pass) {
  Mover mover(&graph, &pass);
  for (NodeId id : graph.nodes()) {
    if (!graph.is_live(id)) continue;
    if (graph.node(id).is("QuantizeLinear")) {
      mover.cancel(id);
    } else {
      mover.move(id);
    }
  }
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
