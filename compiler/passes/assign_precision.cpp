// Lets convolutions and matrix products compute in the CPU's 16-bit type, BF16, where the build
// allows 16 bits: a region of such nodes and what lies between them takes BF16 values, with Casts
// where it begins and ends.
//
//   a = Conv(x, w); b = Relu(a); y = Conv(b, v); z = Softmax(y)
//       =>    x' = Cast(x) {to=bf16}; a = Conv(x', w'); b = Relu(a); y' = Conv(b, v')
//             y = Cast(y') {to=f32}; z = Softmax(y)                   (w', v' constants in bf16)
//
// Reductions, normalisations, softmax, attention and integers keep their types, as do the graph's
// inputs and outputs. After the last product of a region only elementwise nodes follow it into
// BF16, and only with constants and values that are BF16 anyway (a residual): box coordinates and
// the like keep their digits.
#include <algorithm>
#include <map>
#include <set>

#include "compiler/passes/passes.h"
#include "compiler/passes/pointwise_form.h"

namespace ingot {
namespace {

constexpr DType kSmall = DType::kBF16;

bool is_anchor(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  return (node.is("Conv") || node.is("ConvTranspose") || node.is("MatMul")) &&
         graph.dtype(node.outputs[0]) == DType::kF32;
}

/// Nodes that compute as well on 16 bits: elementwise ones and those that move or choose elements.
bool is_neutral(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (node.outputs.empty() || !node.outputs[0] || graph.dtype(node.outputs[0]) != DType::kF32) {
    return false;
  }
  for (std::string_view name : {"MaxPool", "AveragePool", "GlobalAveragePool", "Concat", "Resize",
                                "Transpose", "Split", "Slice", "Pad", "Expand"}) {
    if (node.is(name)) return static_cast<bool>(node.inputs[0]);
  }
  if (node.op->traits.is_view) return node.outputs.size() == 1;
  return !node.is("Cast") && node.op->traits.elementwise && pointwise_form(graph, id).has_value();
}

class Region {
 public:
  explicit Region(const Graph& graph) : graph_(graph), order_(graph.nodes()) {
    std::set<NodeId> after, before;
    for (NodeId id : order_) {
      if (is_anchor(graph, id)) anchors_.insert(id);
      if (is_neutral(graph, id)) neutral_.insert(id);
    }
    for (NodeId id : order_) {
      if (neutral_.contains(id) && reads_any(id, anchors_, after)) after.insert(id);
    }
    for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
      if (neutral_.contains(*it) && is_read_by(*it, before)) before.insert(*it);
    }
    chosen_ = anchors_;
    for (NodeId id : order_) {
      if (!after.contains(id)) continue;
      if (before.contains(id) || follows(id)) chosen_.insert(id);
    }
  }

  bool contains(NodeId id) const { return chosen_.contains(id); }
  bool has_anchors() const { return !anchors_.empty(); }
  const std::vector<NodeId>& order() const { return order_; }

 private:
  bool reads_any(NodeId id, const std::set<NodeId>& a, const std::set<NodeId>& b) const {
    const auto& inputs = graph_.node(id).inputs;
    return std::any_of(inputs.begin(), inputs.end(), [&](ValueId input) {
      const NodeId maker = input ? graph_.producer(input) : NodeId{};
      return maker && (a.contains(maker) || b.contains(maker));
    });
  }

  bool is_read_by(NodeId id, const std::set<NodeId>& before) const {
    for (ValueId output : graph_.node(id).outputs) {
      if (!output) continue;
      for (NodeId reader : graph_.readers(output)) {
        if (anchors_.contains(reader) || before.contains(reader)) return true;
      }
    }
    return false;
  }

  /// An elementwise node that an epilogue will take: it reads one chosen value, and besides only
  /// constants and values that a product reads too, which have a 16-bit form anyway.
  bool follows(NodeId id) const {
    const auto form = pointwise_form(graph_, id);
    if (!form) return false;
    int chains = 0;
    for (ValueId input : form->inputs) {
      if (graph_.value(input).is_constant()) continue;
      if (!same_dims(graph_, input, graph_.node(id).outputs[0])) return false;
      if (continues_chain(id, input))
        ++chains;
      else if (!has_small_form(input))
        return false;
    }
    return chains == 1;
  }

  bool continues_chain(NodeId id, ValueId input) const {
    const NodeId maker = graph_.producer(input);
    return maker && chosen_.contains(maker) && sole_reader(graph_, input) == id &&
           (anchors_.contains(maker) || pointwise_form(graph_, maker));
  }

  bool has_small_form(ValueId value) const {
    const auto readers = graph_.readers(value);
    return std::any_of(readers.begin(), readers.end(),
                       [&](NodeId reader) { return anchors_.contains(reader); });
  }

  const Graph& graph_;
  std::vector<NodeId> order_;
  std::set<NodeId> anchors_, neutral_, chosen_;
};

class Converter {
 public:
  Converter(Graph* graph, const Region& region) : graph_(*graph), region_(region) {}

  void convert() {
    for (NodeId id : region_.order()) {
      const Node node = graph_.node(id);
      const bool small = region_.contains(id);
      std::vector<ValueId> inputs = node.inputs;
      for (size_t i = 0; i < inputs.size(); ++i) {
        if (!inputs[i]) continue;
        // The scales and the region of interest of a Resize are f32 by definition.
        const bool as_is = small && node.is("Resize") && i > 0;
        inputs[i] = typed(inputs[i], small && !as_is);
      }
      if (inputs != node.inputs || small) graph_.set_op(id, *node.op, inputs, node.attributes);
      if (!small) continue;
      for (ValueId output : node.outputs) {
        if (output && graph_.dtype(output) == kSmall) small_.insert(output);
      }
    }
    for (int i = 0; i < static_cast<int>(graph_.outputs().size()); ++i) {
      const ValueId output = graph_.outputs()[static_cast<size_t>(i)];
      if (!small_.contains(output)) continue;
      const std::string name = graph_.value(output).name;
      graph_.set_output(i, typed(output, false));
      graph_.set_name(output, name + ".bf16");
      graph_.set_name(graph_.outputs()[static_cast<size_t>(i)], name);
    }
  }

 private:
  /// The value in the 16-bit type or in f32; values of other types as they are.
  ValueId typed(ValueId value, bool small) {
    const bool is_small = small_.contains(value);
    if (is_small == small || (!is_small && graph_.dtype(value) != DType::kF32)) return value;
    auto [found, inserted] = casts_.try_emplace(value);
    if (!inserted) return found->second;
    Attributes to;
    to.set("to", small ? kSmall : DType::kF32);
    const NodeId maker = graph_.producer(value);
    const std::vector<std::string> origin =
        maker ? graph_.node(maker).origin : std::vector<std::string>{};
    const ValueId cast = graph_.value(value).is_constant()
                             ? fold_now(&graph_, "Cast", {value}, to)
                             : graph_.add("Cast", {value}, to, origin);
    return casts_[value] = cast;
  }

  Graph& graph_;
  const Region& region_;
  std::set<ValueId> small_;
  std::map<ValueId, ValueId> casts_;
};

}  // namespace

Graph assign_precision(Graph graph, PassContext& pass) {
  const PassOptions& options = pass.options();
  if (!options.allow_bf16 && !options.allow_fp16) return graph;
  if (!options.cpu_has_bf16) {
    pass.near_miss(
        "the CPU has no BF16 instructions: 16-bit types would only be slower, F32 stays");
    return graph;
  }
  const Region region(graph);
  if (region.has_anchors()) Converter(&graph, region).convert();
  return graph;
}

}  // namespace ingot
