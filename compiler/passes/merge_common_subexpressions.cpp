// Keeps one of several nodes that compute the same: same operator, inputs and attributes. Equal
// constants become one first.
//
//   a = Sqrt(x); b = Sqrt(x); y = Add(a, b)    =>    a = Sqrt(x); y = Add(a, a)
//
// Random operators are never merged.
#include <map>

#include "compiler/passes/passes.h"
#include "core/base/hash.h"

namespace ingot {
namespace {

/// Bigger constants are compared by address only: hashing them would read every page of a model.
constexpr size_t kMostHashedBytes = 1 << 20;

std::string constant_key(const Tensor& tensor) {
  std::string key(dtype_name(tensor.dtype()));
  key += tensor.shape().to_string() + ":";
  const std::span bytes(static_cast<const std::byte*>(tensor.data()), tensor.bytes());
  if (bytes.size() <= kMostHashedBytes) return key + hash128_hex(bytes);
  return key + std::to_string(reinterpret_cast<uintptr_t>(tensor.data()));
}

void merge_constants(Graph* graph) {
  std::map<std::string, ValueId> known;
  for (int32_t i = 0; i < graph->value_count(); ++i) {
    const ValueId id{i};
    if (!graph->value(id).is_constant() || graph->reader_count(id) == 0) continue;
    const auto [first, inserted] = known.emplace(constant_key(graph->value(id).type.constant), id);
    if (!inserted) graph->replace_uses(id, first->second);
  }
}

std::string node_key(const Node& node) {
  std::string key(node.op->name);
  for (ValueId input : node.inputs) key += "," + std::to_string(input.index);
  // Which optional outputs there are is part of what a node is.
  for (ValueId output : node.outputs) key += output ? 'o' : '-';
  return key + node.attributes.to_string();
}

}  // namespace

Graph merge_common_subexpressions(Graph graph, PassContext&) {
  merge_constants(&graph);
  std::map<std::string, NodeId> known;
  for (NodeId id : graph.nodes()) {
    if (graph.node(id).op->traits.random) continue;
    const auto [first, inserted] = known.emplace(node_key(graph.node(id)), id);
    if (inserted) continue;
    const std::vector<ValueId> outputs = graph.node(id).outputs;
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i]) graph.replace_uses(outputs[i], graph.node(first->second).outputs[i]);
    }
    graph.add_origin(first->second, graph.node(id).origin);
    graph.remove(id);
  }
  return graph;
}

}  // namespace ingot
