// The plan for CPUs: convolutions and matrix products gain from BF16; what lies between two of them
// takes it so that nothing is converted there.
#include <algorithm>

#include "compiler/passes/pointwise_form.h"
#include "compiler/passes/precision_plan.h"

namespace ingot {
namespace {

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

/// Attention that is two batched products and a softmax: those gain, other forms have no 16-bit kernel.
bool is_plain_attention(const Graph& graph, const Node& node) {
  constexpr size_t kQueryKeyValueMask = 4;
  if (!node.is("Attention") || node.attributes.integer("is_causal", 0) != 0 ||
      node.attributes.number("softcap", 0) != 0 || node.outputs.size() != 1) {
    return false;
  }
  for (size_t i = kQueryKeyValueMask; i < node.inputs.size(); ++i) {
    if (node.inputs[i]) return false;
  }
  const SymbolicShape &q = graph.dims(node.inputs[0]), &k = graph.dims(node.inputs[1]);
  if (q.size() == 3) {
    return node.attributes.integer("q_num_heads", 0) == node.attributes.integer("kv_num_heads", 0);
  }
  return q.size() == 4 && k.size() == 4 && q[1] == k[1];
}

bool is_cpu_product(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  return is_product(graph, id) && (!node.is("Attention") || is_plain_attention(graph, node));
}

bool reads_any(const Graph& graph, NodeId id, const std::set<NodeId>& a,
               const std::set<NodeId>& b) {
  const auto& inputs = graph.node(id).inputs;
  return std::any_of(inputs.begin(), inputs.end(), [&](ValueId input) {
    const NodeId maker = input ? graph.producer(input) : NodeId{};
    return maker && (a.contains(maker) || b.contains(maker));
  });
}

bool is_read_by(const Graph& graph, NodeId id, const std::set<NodeId>& a,
                const std::set<NodeId>& b) {
  for (ValueId output : graph.node(id).outputs) {
    if (!output) continue;
    for (NodeId reader : graph.readers(output)) {
      if (a.contains(reader) || b.contains(reader)) return true;
    }
  }
  return false;
}

}  // namespace

PrecisionPlan plan_products(const Graph& graph, const PassOptions& options) {
  const std::vector<NodeId> order = graph.nodes();
  std::set<NodeId> products, neutral, after, before;
  for (NodeId id : order) {
    if (came_from(graph.node(id), options.keep_f32)) continue;
    if (is_cpu_product(graph, id)) products.insert(id);
    if (is_neutral(graph, id)) neutral.insert(id);
  }
  for (NodeId id : order) {
    if (neutral.contains(id) && reads_any(graph, id, products, after)) after.insert(id);
  }
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    if (neutral.contains(*it) && is_read_by(graph, *it, products, before)) before.insert(*it);
  }
  PrecisionPlan plan;
  plan.small = products;
  for (NodeId id : order) {
    if (neutral.contains(id) && came_from(graph.node(id), options.small_float_here)) {
      plan.small.insert(id);
    }
    if (!after.contains(id)) continue;
    if (before.contains(id) || follows_product(graph, id, plan.small)) plan.small.insert(id);
  }
  return plan;
}

}  // namespace ingot
