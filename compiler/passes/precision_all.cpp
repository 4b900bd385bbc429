// The plan for GPUs: every node that computes with float inside takes and gives 16-bit floats, so
// that half the bytes move and nothing is converted on the way.
//
// F32 stay: what FP16 would spoil (half_hazards.h), what coordinates, angles and indices are
// computed from, and the results of the graph: after the last product only what an epilogue takes
// follows into 16 bits, and what moves or gathers elements that are there anyway.
#include <algorithm>

#include "compiler/passes/half_hazards.h"
#include "compiler/passes/pointwise_form.h"
#include "compiler/passes/precision_plan.h"

namespace ingot {
namespace {

bool is_one_of(const Node& node, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(), [&](auto name) { return node.is(name); });
}

class Planner {
 public:
  Planner(const Graph& graph, DType type, PassContext* pass)
      : graph_(graph), order_(graph.nodes()) {
    HalfHazards hazards;
    if (type == DType::kF16) hazards = find_half_hazards(graph, pass);
    excluded_ = std::move(hazards.nodes);
    plan_.to_clamp = std::move(hazards.large);
    for (NodeId id : order_) exclude_sources_of_exact(id);
    // What the user says of a node goes before what was found.
    const PassOptions& options = pass->options();
    for (NodeId id : order_) {
      if (came_from(graph_.node(id), options.keep_f32)) excluded_.insert(id);
      if (!came_from(graph_.node(id), options.small_float_here)) continue;
      excluded_.erase(id);
      if (can_be_small(id)) plan_.small.insert(id);
    }
  }

  PrecisionPlan run() {
    for (NodeId id : order_) {
      if (is_product(graph_, id) && !excluded_.contains(id)) plan_.small.insert(id);
    }
    const std::set<NodeId> before = find_before();
    for (NodeId id : order_) {
      if (excluded_.contains(id) || !can_be_small(id)) continue;
      if (before.contains(id) || follows(id)) plan_.small.insert(id);
    }
    return std::move(plan_);
  }

 private:
  bool is_f32(ValueId value) const { return value && graph_.dtype(value) == DType::kF32; }

  bool can_be_small(NodeId id) const {
    const Node& node = graph_.node(id);
    if (node.inputs.empty() || !is_f32(node.inputs[0])) {
      // The first input of a Where is its condition.
      if (!node.is("Where") || !is_f32(node.inputs[1])) return false;
    }
    if (is_product(graph_, id)) return true;
    if (moves_elements(node) || gathers_elements(node)) return true;
    if (is_one_of(node, {"LayerNormalization", "RMSNormalization", "GroupNormalization",
                         "InstanceNormalization", "BatchNormalization", "LpNormalization", "LRN",
                         "Softmax", "LogSoftmax", "Resize", "GridSample"})) {
      return true;
    }
    return !node.is("Cast") && node.op->traits.elementwise &&
           pointwise_form(graph_, id).has_value();
  }

  /// Nodes whose results reach a product.
  std::set<NodeId> find_before() const {
    std::set<NodeId> before;
    for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
      for (ValueId output : graph_.node(*it).outputs) {
        if (!output || graph_.dtype(output) == DType::kI64) continue;
        for (NodeId reader : graph_.readers(output)) {
          if (plan_.small.contains(reader) || before.contains(reader)) before.insert(*it);
        }
      }
    }
    return before;
  }

  /// After the last product.
  bool follows(NodeId id) const {
    const Node& node = graph_.node(id);
    if (moves_elements(node) || gathers_elements(node)) {
      bool any = false;
      for (ValueId input : node.inputs) {
        if (!is_f32(input) || graph_.value(input).is_constant()) continue;
        const NodeId maker = graph_.producer(input);
        if (!maker || !plan_.small.contains(maker)) return false;
        any = true;
      }
      return any;
    }
    return !has_map(node) && follows_product(graph_, id, plan_.small);
  }

  /// A constant that differs from place to place: the grid of a detector, its anchors.
  bool has_map(const Node& node) const {
    return std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) {
      if (!input || !graph_.value(input).is_constant()) return false;
      const SymbolicShape& dims = graph_.dims(input);
      return std::count_if(dims.begin(), dims.end(), [](const Dim& d) { return !(d == Dim(1)); }) >
             1;
    });
  }

  /// Angles, coordinates and what becomes an index need all digits: an FP16 number between 512 and
  /// 1024 is a multiple of 0.5.
  void exclude_sources_of_exact(NodeId id) {
    const Node& node = graph_.node(id);
    if (is_one_of(node, {"Sin", "Cos"})) {
      excluded_.insert(id);
      exclude_sources(node.inputs[0]);
    }
    if (node.is("Cast") && is_integer(graph_.dtype(node.outputs[0])))
      exclude_sources(node.inputs[0]);
    if (node.is("NonMaxSuppression")) exclude_sources(node.inputs[0]);
    if (is_one_of(node, {"GridSample", "RoiAlign"})) exclude_sources(node.inputs[1]);
  }

  /// What computes `value`, back to values that products give or read.
  void exclude_sources(ValueId value) {
    const NodeId maker = is_f32(value) ? graph_.producer(value) : NodeId{};
    if (!maker) return;
    const auto readers = graph_.readers(value);
    if (std::any_of(readers.begin(), readers.end(),
                    [&](NodeId reader) { return is_product(graph_, reader); })) {
      return;
    }
    const Node& node = graph_.node(maker);
    const bool passes = node.op->traits.elementwise || moves_elements(node) || is_outer(node);
    if (!passes || is_bias(maker) || !excluded_.insert(maker).second) return;
    for (ValueId input : node.inputs) {
      if (input) exclude_sources(input);
    }
  }

  /// Added to a product before its result is rounded.
  bool is_bias(NodeId id) const {
    const Node& node = graph_.node(id);
    if (!node.is("Add") || has_map(node)) return false;
    const bool left = graph_.value(node.inputs[0]).is_constant();
    if (left == graph_.value(node.inputs[1]).is_constant()) return false;
    const ValueId sum = node.inputs[left ? 1 : 0];
    const NodeId maker = graph_.producer(sum);
    return maker && is_product(graph_, maker) && sole_reader(graph_, sum) == id;
  }

  /// A product of a column and a row: positions times frequencies.
  bool is_outer(const Node& node) const {
    return node.is("MatMul") && graph_.dims(node.inputs[0]).back() == Dim(1) &&
           node.attributes.empty();
  }

  const Graph& graph_;
  std::vector<NodeId> order_;
  std::set<NodeId> excluded_;
  PrecisionPlan plan_;
};

}  // namespace

PrecisionPlan plan_all(const Graph& graph, DType type, PassContext* pass) {
  return Planner(graph, type, pass).run();
}

}  // namespace ingot
