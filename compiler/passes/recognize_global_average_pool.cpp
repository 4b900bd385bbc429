// Writes the mean over all spatial axes as a global pool, for which there are good kernels.
//
//   y = ReduceMean(x, [2,3]) {keepdims=1}    =>    y = GlobalAveragePool(x)
//   y = ReduceMean(x, [2,3]) {keepdims=0}    =>    p = GlobalAveragePool(x); y = Squeeze(p, [2,3])
#include "compiler/passes/passes.h"

namespace ingot {
namespace {

/// The axes are all of those from 2 on.
bool are_spatial(std::vector<int64_t> axes, int rank) {
  // At rank 3 it is the mean over the last axis, a part of a normalisation.
  if (rank < 4 || static_cast<int>(axes.size()) != rank - 2) return false;
  std::vector<bool> seen(static_cast<size_t>(rank), false);
  for (int64_t axis : axes) {
    const int at = normalize_axis(axis, rank, "ReduceMean");
    if (at < 2 || seen[static_cast<size_t>(at)]) return false;
    seen[static_cast<size_t>(at)] = true;
  }
  return true;
}

}  // namespace

Graph recognize_global_average_pool(Graph graph, PassContext&) {
  for (NodeId id : graph.nodes("ReduceMean")) {
    const Node node = graph.node(id);
    const int rank = static_cast<int>(graph.dims(node.inputs[0]).size());
    const auto axes = known_integers(graph, input_or_none(graph, id, 1));
    if (!axes || !is_float(graph.dtype(node.inputs[0])) || !are_spatial(*axes, rank)) continue;
    const bool keep = attributes_of(graph, id).integer("keepdims") != 0;
    const std::string name = graph.value(node.outputs[0]).name;
    ValueId result =
        graph.add("GlobalAveragePool", {node.inputs[0]}, {}, node.origin, keep ? name : "");
    if (!keep) result = graph.add("Squeeze", {result, node.inputs[1]}, {}, node.origin, name);
    graph.replace(id, result);
  }
  return graph;
}

}  // namespace ingot
