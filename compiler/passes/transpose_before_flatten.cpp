// Puts the channels of an image last before its pixels become a sequence, and first again after
// the sequence has become an image: where images lie with channels last, that moves nothing.
//
//   r = Reshape(x, [n, c, h * w]); y = Transpose(r) {perm=[0,2,1]}
//       =>    t = Transpose(x) {perm=[0,2,3,1]}; y = Reshape(t, [n, h * w, c])
//   t = Transpose(x) {perm=[0,2,1]}; y = Reshape(t, [n, c, h, w])
//       =>    r = Reshape(x, [n, h, w, c]); y = Transpose(r) {perm=[0,3,1,2]}
//
// The value between must have no other reader.
#include <algorithm>

#include "compiler/passes/passes.h"

namespace ingot {
namespace {

/// Swaps the axes of a batch of matrices.
bool swaps(const Graph& graph, NodeId id) {
  return graph.node(id).is("Transpose") &&
         attributes_of(graph, id).integers("perm") == std::vector<int64_t>{0, 2, 1};
}

/// An image [n, c, ...] whose pixels are one axis in `flat`, [n, c, pixels].
bool is_flattened(const SymbolicShape& image, const SymbolicShape& flat) {
  return image.size() > 3 && flat.size() == 3 && image[0] == flat[0] && image[1] == flat[1];
}

std::vector<int64_t> channels_to(bool last, size_t rank) {
  std::vector<int64_t> perm = {0};
  const auto axes = static_cast<int64_t>(rank);
  for (int64_t axis = 2; axis < axes; ++axis) perm.push_back(last ? axis : axis - 1);
  perm.insert(last ? perm.end() : perm.begin() + 1, last ? 1 : axes - 1);
  return perm;
}

ValueId transposed(Graph* graph, ValueId value, bool channels_last,
                   const std::vector<std::string>& origin) {
  Attributes attributes;
  attributes.set("perm", channels_to(channels_last, graph->dims(value).size()));
  return graph->add("Transpose", {value}, std::move(attributes), origin);
}

/// `value` with these dims, or none where only the run can tell them.
ValueId reshaped(Graph* graph, ValueId value, const SymbolicShape& dims,
                 const std::vector<std::string>& origin) {
  const auto target = reshape_target(graph, graph->dims(value), dims);
  return target ? graph->add("Reshape", {value, *target}, {}, origin) : ValueId{};
}

/// The new end of the chain of two nodes, or none.
ValueId exchanged(Graph* graph, NodeId first, NodeId second) {
  const ValueId source = graph->node(first).inputs[0], result = graph->node(second).outputs[0];
  const std::vector<std::string> origin = merged_origin(*graph, {first, second});
  const SymbolicShape from = graph->dims(source), to = graph->dims(result);
  if (swaps(*graph, second)) {
    if (!is_flattened(from, graph->dims(graph->node(first).outputs[0]))) return {};
    if (!known_at_start(*graph, to)) return {};
    return reshaped(graph, transposed(graph, source, true, origin), to, origin);
  }
  if (!is_flattened(to, graph->dims(graph->node(first).outputs[0]))) return {};
  SymbolicShape last = to;
  std::rotate(last.begin() + 1, last.begin() + 2, last.end());
  const ValueId image = reshaped(graph, source, last, origin);
  return image ? transposed(graph, image, false, origin) : ValueId{};
}

}  // namespace

Graph transpose_before_flatten(Graph graph, PassContext&) {
  for (NodeId second : graph.nodes()) {
    if (!graph.is_live(second)) continue;
    const bool flattens = swaps(graph, second);
    if (!flattens && !graph.node(second).is("Reshape")) continue;
    const NodeId first =
        sole_producer_of(graph, graph.node(second).inputs[0], flattens ? "Reshape" : "Transpose");
    if (!first || (!flattens && !swaps(graph, first))) continue;
    if (graph.value(graph.node(first).inputs[0]).is_constant()) continue;
    const std::string name = graph.value(graph.node(second).outputs[0]).name;
    const ValueId end = exchanged(&graph, first, second);
    if (!end) continue;
    graph.replace(second, end);
    graph.set_name(end, name);
  }
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
