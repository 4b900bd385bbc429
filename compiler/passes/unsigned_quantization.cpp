// Starts from every value that could be u8 and takes back those with a neighbour that could not.
#include "compiler/passes/unsigned_quantization.h"

#include <algorithm>
#include <set>

#include "compiler/graph/match.h"
#include "compiler/passes/never_negative.h"
#include "compiler/passes/pointwise_form.h"
#include "compiler/passes/quantized_moves.h"

namespace ingot {
namespace {

constexpr float kLargest = 127;

class Chooser {
 public:
  explicit Chooser(const Graph& graph) : graph_(graph) {}

  /// Values of i8 that can all become u8 together.
  std::set<ValueId> run() {
    const std::vector<bool> positive = never_negative_values(graph_);
    for (NodeId id : graph_.nodes()) {
      for (ValueId output : graph_.node(id).outputs) {
        if (!output || graph_.dtype(output) != DType::kI8) continue;
        if (positive[static_cast<size_t>(output.index)] && starts_or_moves(id)) {
          chosen_.insert(output);
        }
      }
    }
    for (bool changed = true; changed;) {
      const size_t before = chosen_.size();
      std::erase_if(chosen_, [&](ValueId value) { return !fits(value); });
      changed = chosen_.size() != before;
    }
    return std::move(chosen_);
  }

 private:
  bool starts_or_moves(NodeId id) const {
    const Node& node = graph_.node(id);
    if (node.is("QuantizeLinear")) {
      const auto parameters = tensor_quantization(graph_, node);
      return parameters && parameters->zero == 0;
    }
    return !moved_values(graph_, id, Interpolation::kAllowed).empty();
  }

  bool fits(ValueId value) const {
    if (graph_.is_output(value)) return false;
    const NodeId maker = graph_.producer(value);
    if (!graph_.node(maker).is("QuantizeLinear") && !all_chosen(graph_.node(maker).inputs)) {
      return false;
    }
    const auto readers = graph_.readers(value);
    return std::all_of(readers.begin(), readers.end(),
                       [&](NodeId reader) { return takes_unsigned(reader, value); });
  }

  bool all_chosen(const std::vector<ValueId>& inputs) const {
    return std::all_of(inputs.begin(), inputs.end(), [&](ValueId input) {
      return !input || graph_.dtype(input) != DType::kI8 || chosen_.contains(input);
    });
  }

  bool takes_unsigned(NodeId reader, ValueId value) const {
    const Node& node = graph_.node(reader);
    if (node.is("DequantizeLinear")) {
      const auto parameters = tensor_quantization(graph_, node);
      return parameters && parameters->zero == 0 && !is_right_operand(node.outputs[0]);
    }
    const auto moved = moved_values(graph_, reader, Interpolation::kAllowed);
    if (std::find(moved.begin(), moved.end(), value) == moved.end()) return false;
    return std::all_of(node.outputs.begin(), node.outputs.end(), [&](ValueId output) {
      return !output || graph_.dtype(output) != DType::kI8 || chosen_.contains(output);
    });
  }

  /// The second operand of a matrix product must be signed.
  bool is_right_operand(ValueId floats) const {
    const auto readers = graph_.readers(floats);
    return std::any_of(readers.begin(), readers.end(), [&](NodeId reader) {
      return graph_.node(reader).is("MatMul") && graph_.node(reader).inputs[1] == floats;
    });
  }

  const Graph& graph_;
  std::set<ValueId> chosen_;
};

/// x where `value` is max(x, 0), perhaps cut off at `limit` or above, and nobody else reads it.
ValueId before_saturation(const Graph& graph, ValueId value, float limit) {
  const NodeId maker = graph.producer(value);
  if (!maker || !sole_reader(graph, value)) return value;
  const Node& node = graph.node(maker);
  if (node.is("Relu")) return node.inputs[0];
  if (!node.is("Clip") || node.inputs.size() < 2 || !node.inputs[1]) return value;
  const auto low = uniform_constant(graph, node.inputs[1]);
  const bool has_high = node.inputs.size() > 2 && node.inputs[2];
  const auto high = has_high ? uniform_constant(graph, node.inputs[2]) : std::optional(limit);
  return low && *low == 0 && high && *high >= limit ? node.inputs[0] : value;
}

void make_unsigned(Graph* graph, NodeId id) {
  const Node node = graph->node(id);
  const float scale = tensor_quantization(*graph, node)->scale;
  Expression e;
  const int scaled = e.add(ScalarOp::kMul, e.add_input(0), e.add_constant(1 / scale));
  e.finish(e.add(ScalarOp::kMin, scaled, e.add_constant(kLargest)));
  Attributes attributes;
  attributes.set("expression", e);
  attributes.set("dtype", DType::kU8);
  const ValueId x = before_saturation(*graph, node.inputs[0], kLargest * scale);
  graph->set_op(id, op_named("Pointwise"), {x}, attributes);
}

}  // namespace

void quantize_unsigned(Graph* graph) {
  const std::set<ValueId> chosen = Chooser(*graph).run();
  for (NodeId id : graph->nodes()) {
    const Node node = graph->node(id);
    if (node.is("QuantizeLinear")) {
      const auto parameters = tensor_quantization(*graph, node);
      if (chosen.contains(node.outputs[0])) {
        make_unsigned(graph, id);
      } else if (parameters && parameters->zero == 0 &&
                 graph->dtype(node.outputs[0]) == DType::kU8) {
        const ValueId x = before_saturation(*graph, node.inputs[0], 255 * parameters->scale);
        if (x != node.inputs[0]) graph->set_input(id, 0, x);
      }
      continue;
    }
    const bool reads = std::any_of(node.inputs.begin(), node.inputs.end(),
                                   [&](ValueId input) { return chosen.contains(input); });
    if (!reads) continue;
    std::vector<ValueId> inputs = node.inputs;
    if (node.is("DequantizeLinear")) inputs.resize(2);  // the zero point is an i8
    graph->set_op(id, *node.op, inputs, node.attributes);
  }
  graph->remove_dead_nodes();
}

}  // namespace ingot
