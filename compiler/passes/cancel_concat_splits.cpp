// Removes slicing and joining that undo each other.
//
//   a, b = Split(x); y = Concat(a, b)                         =>    y = x
//   a = Slice(x, 0, 8); b = Slice(x, 8, end); y = Concat(a, b)  =>    y = x
//   c = Concat(a, b); y = Slice(c, where b lies)              =>    y = b
//   c = Concat(a, b); d, e = Split(c) with their sizes        =>    d = a, e = b
#include <algorithm>
#include <limits>

#include "compiler/passes/passes.h"

namespace ingot {
namespace {

int axis_of(const Graph& graph, NodeId id) {
  const int rank = static_cast<int>(graph.dims(graph.node(id).inputs[0]).size());
  return attributes_of(graph, id).axis("axis", rank);
}

const Dim& size_along(const Graph& graph, ValueId value, int axis) {
  return graph.dims(value)[static_cast<size_t>(axis)];
}

/// [begin, end) along one axis of `source`; end is open where it says "to the end".
struct Part {
  ValueId source;
  int axis = 0;
  int64_t begin = 0;
  std::optional<int64_t> end;
};

/// A Slice along one axis with step 1 and constant bounds that are not negative.
std::optional<Part> read_slice(const Graph& graph, NodeId id) {
  if (!id || !graph.node(id).is("Slice")) return std::nullopt;
  const auto starts = known_integers(graph, input_or_none(graph, id, 1));
  const auto ends = known_integers(graph, input_or_none(graph, id, 2));
  const auto axes = known_integers(graph, input_or_none(graph, id, 3));
  const auto steps = known_integers(graph, input_or_none(graph, id, 4));
  if (!starts || !ends || starts->size() != 1 || (graph.has_input(id, 3) && !axes))
    return std::nullopt;
  if (graph.has_input(id, 4) && (!steps || (*steps)[0] != 1)) return std::nullopt;
  Part part;
  part.source = graph.node(id).inputs[0];
  const int rank = static_cast<int>(graph.dims(part.source).size());
  part.axis = axes ? normalize_axis((*axes)[0], rank, "Slice") : 0;
  part.begin = (*starts)[0];
  const Dim& size = size_along(graph, part.source, part.axis);
  const int64_t end = (*ends)[0];
  const bool open =
      end >= std::numeric_limits<int32_t>::max() || (size.is_constant() && end >= size.constant());
  if (part.begin < 0 || end < 0) return std::nullopt;
  if (!open) {
    // Beyond a symbolic size the end would be cut off.
    if (!size.is_constant()) return std::nullopt;
    part.end = end;
  }
  return part;
}

/// What a Concat of all parts of one value, in order, puts together again; none for others.
ValueId rejoined(const Graph& graph, NodeId concat) {
  const Node& node = graph.node(concat);
  const int axis = axis_of(graph, concat);
  if (const NodeId split = producer_of(graph, node.inputs[0], "Split")) {
    const bool all = graph.node(split).outputs == node.inputs && axis_of(graph, split) == axis;
    return all ? graph.node(split).inputs[0] : ValueId{};
  }
  ValueId source;
  std::optional<int64_t> at = 0;
  for (ValueId input : node.inputs) {
    const auto part = read_slice(graph, graph.producer(input));
    if (!part || part->axis != axis || !at || part->begin != *at) return {};
    if (source && part->source != source) return {};
    source = part->source;
    at = part->end;
  }
  return at ? ValueId{} : source;  // the last part must go to the end
}

/// The input of a Concat that lies in exactly this part of its result.
ValueId input_at(const Graph& graph, NodeId concat, const Part& part) {
  if (axis_of(graph, concat) != part.axis) return {};
  int64_t at = 0;
  const std::vector<ValueId>& inputs = graph.node(concat).inputs;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Dim& size = size_along(graph, inputs[i], part.axis);
    const bool last = i + 1 == inputs.size();
    if (at == part.begin && last && !part.end) return inputs[i];
    if (!size.is_constant()) return {};
    if (at == part.begin && part.end && *part.end == at + size.constant()) return inputs[i];
    at += size.constant();
  }
  return {};
}

void undo_split_of_concat(Graph* graph, NodeId split) {
  const NodeId concat = producer_of(*graph, graph->node(split).inputs[0], "Concat");
  if (!concat || axis_of(*graph, concat) != axis_of(*graph, split)) return;
  const std::vector<ValueId> parts = graph->node(concat).inputs;
  const std::vector<ValueId> outputs = graph->node(split).outputs;
  const bool same = std::equal(
      parts.begin(), parts.end(), outputs.begin(), outputs.end(),
      [&](ValueId part, ValueId output) { return output && same_dims(*graph, part, output); });
  if (!same) return;
  for (size_t i = 0; i < parts.size(); ++i) graph->replace_uses(outputs[i], parts[i]);
  graph->remove(split);
}

}  // namespace

Graph cancel_concat_splits(Graph graph, PassContext&) {
  for (NodeId id : graph.nodes()) {
    if (!graph.is_live(id)) continue;
    ValueId replacement;
    if (graph.node(id).is("Concat")) {
      replacement = rejoined(graph, id);
    } else if (graph.node(id).is("Split")) {
      undo_split_of_concat(&graph, id);
    } else if (const auto part = read_slice(graph, id)) {
      if (const NodeId concat = producer_of(graph, part->source, "Concat")) {
        replacement = input_at(graph, concat, *part);
      }
    }
    if (replacement) graph.replace(id, replacement);
  }
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
