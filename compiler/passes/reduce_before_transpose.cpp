// Reduces before a transpose instead of after it: there is less to move then, or nothing.
//
//   t = Transpose(x) {perm=[0,2,3,1]}; y = ReduceMean(t, [1,2]) {keepdims=0}
//       =>    y = ReduceMean(x, [2,3]) {keepdims=0}
//   with keepdims=1
//       =>    r = ReduceMean(x, [2,3]) {keepdims=1}; y = Transpose(r) {perm=[0,2,3,1]}
//
// The transpose must have no other reader, or it would be computed all the same.
#include <algorithm>

#include "compiler/passes/passes.h"

namespace ingot {
namespace {

bool is_reduction(const Node& node) {
  for (std::string_view name : {"ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin"}) {
    if (node.is(name)) return true;
  }
  return false;
}

/// The axes that are left keep their order without the transpose.
bool keeps_order(const std::vector<int64_t>& perm, const std::vector<int64_t>& reduced) {
  std::vector<int64_t> left;
  for (int64_t axis : perm) {
    if (std::find(reduced.begin(), reduced.end(), axis) == reduced.end()) left.push_back(axis);
  }
  return std::is_sorted(left.begin(), left.end());
}

}  // namespace

Graph reduce_before_transpose(Graph graph, PassContext& pass) {
  for (NodeId id : graph.nodes()) {
    const Node node = graph.node(id);
    if (!is_reduction(node)) continue;
    const NodeId transpose = producer_of(graph, node.inputs[0], "Transpose");
    const auto axes = known_integers(graph, input_or_none(graph, id, 1));
    if (!transpose || !axes || axes->empty()) continue;
    if (!sole_reader(graph, node.inputs[0])) {
      pass.near_miss(graph, id, "others read what is transposed");
      continue;
    }
    const std::vector<int64_t> perm = attributes_of(graph, transpose).integers("perm");
    if (perm.empty()) continue;
    std::vector<int64_t> reduced;
    for (int64_t axis : *axes) {
      const int at = normalize_axis(axis, static_cast<int>(perm.size()), node.op->name);
      reduced.push_back(perm[static_cast<size_t>(at)]);
    }
    std::sort(reduced.begin(), reduced.end());
    const bool keep = attributes_of(graph, id).integer("keepdims") != 0;
    if (!keep && !keeps_order(perm, reduced)) {
      pass.near_miss(graph, id, "the axes that are left would stand in another order");
      continue;
    }
    const std::string name = graph.value(node.outputs[0]).name;
    ValueId result =
        graph.add(node.op->name, {graph.node(transpose).inputs[0], add_integers(&graph, reduced)},
                  node.attributes, merged_origin(graph, {transpose, id}), keep ? "" : name);
    if (keep) {
      Attributes attributes;
      attributes.set("perm", perm);
      result = graph.add("Transpose", {result}, std::move(attributes), graph.node(transpose).origin,
                         name);
    }
    graph.replace(id, result);
  }
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
