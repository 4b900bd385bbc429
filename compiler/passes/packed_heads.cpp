// Heads of attention that were cut out of one tensor [batch, sequence, columns], and packed again.
#include <algorithm>

#include "compiler/passes/attention_pattern.h"
#include "compiler/passes/strided_view.h"

namespace ingot {
namespace {

using Perm = std::vector<int64_t>;

Perm perm_of(const Graph& graph, NodeId transpose) {
  return attributes_of(graph, transpose).integers("perm");
}

/// One of the equal parts along the first axis of a value: its source and index.
struct Part {
  ValueId source;
  int64_t index = 0;
};

/// Slice(x) of the one element [i, i + 1) along the first axis.
Part sliced_part(const Graph& graph, NodeId slice) {
  const auto list = [&](int input) {
    return known_integers(graph, input_or_none(graph, slice, input));
  };
  const auto starts = list(1), ends = list(2), axes = list(3), steps = list(4);
  if (!starts || !ends || !axes || *axes != Perm{0} || starts->size() != 1) return {};
  if (graph.has_input(slice, 4) && (!steps || *steps != Perm{1})) return {};
  const int64_t index = (*starts)[0];
  return index < 0 ? Part{} : Part{graph.node(slice).inputs[0], index};
}

/// Gather(x, i, axis 0), or one part of a Split or Slice of x without the axis.
Part part_of(const Graph& graph, ValueId value) {
  const NodeId id = graph.producer(value);
  if (!id) return {};
  const Node& node = graph.node(id);
  if (node.is("Gather")) {
    const auto index = known_integers(graph, node.inputs[1]);
    const bool first = attributes_of(graph, id).integer("axis") == 0;
    if (!index || index->size() != 1 || !first || !graph.dims(node.inputs[1]).empty()) return {};
    return {node.inputs[0], (*index)[0]};
  }
  if (!node.is("Reshape") && !node.is("Squeeze")) return {};
  SymbolicShape dims = graph.dims(node.inputs[0]);
  if (dims.size() != 5 || !(dims[0] == Dim(1))) return {};
  dims.erase(dims.begin());
  if (!(dims == graph.dims(value))) return {};
  if (const NodeId slice = producer_of(graph, node.inputs[0], "Slice")) {
    return sliced_part(graph, slice);
  }
  const NodeId split = producer_of(graph, node.inputs[0], "Split");
  if (!split || attributes_of(graph, split).integer("axis") != 0) return {};
  const auto& outputs = graph.node(split).outputs;
  const auto at = std::find(outputs.begin(), outputs.end(), node.inputs[0]);
  return {graph.node(split).inputs[0], at - outputs.begin()};
}

/// [batch, sequence, parts, heads, size] of [batch, sequence, columns], parts first.
Packed packed_part(const Graph& graph, const Part& part, bool transposed) {
  const NodeId transpose = producer_of(graph, part.source, "Transpose");
  if (!transpose) return {};
  const Perm expected = transposed ? Perm{2, 0, 3, 4, 1} : Perm{2, 0, 3, 1, 4};
  const NodeId reshape = producer_of(graph, graph.node(transpose).inputs[0], "Reshape");
  if (!reshape || perm_of(graph, transpose) != expected) return {};
  const ValueId source = graph.node(reshape).inputs[0];
  const SymbolicShape from = graph.dims(source), to = graph.dims(graph.node(reshape).outputs[0]);
  if (from.size() != 3 || !(from[0] == to[0]) || !(from[1] == to[1])) return {};
  if (!to[2].is_constant() || !to[3].is_constant()) return {};
  const int64_t parts = to[2].constant();
  return {source, to[3].constant(), part.index < 0 ? part.index + parts : part.index, parts};
}

}  // namespace

namespace {

/// As packed_source, for what stands as exporters write it.
Packed written_packed(const Graph& graph, ValueId value, bool transposed) {
  if (const Part part = part_of(graph, value); part.source) {
    return packed_part(graph, part, transposed);
  }
  const NodeId transpose = producer_of(graph, value, "Transpose");
  if (!transpose) return {};
  // Keys may be brought to the order of the other parts first, and transposed after.
  if (transposed && perm_of(graph, transpose) == Perm{0, 1, 3, 2}) {
    return written_packed(graph, graph.node(transpose).inputs[0], false);
  }
  const Perm expected = transposed ? Perm{0, 2, 3, 1} : Perm{0, 2, 1, 3};
  const NodeId reshape = producer_of(graph, graph.node(transpose).inputs[0], "Reshape");
  if (!reshape || perm_of(graph, transpose) != expected) return {};
  const ValueId source = graph.node(reshape).inputs[0];
  const SymbolicShape from = graph.dims(source), to = graph.dims(graph.node(reshape).outputs[0]);
  if (from.size() != 3 || !(from[0] == to[0]) || !(from[1] == to[1])) return {};
  if (!to[2].is_constant()) return {};
  return {source, to[2].constant(), 0, 1};
}

bool is_stride(const ViewAxis& axis, const Dim& stride) {
  return axis.extent == Dim(1) || axis.stride == stride;
}

/// What lies like the columns of a packed tensor, however it was brought there.
Packed viewed_packed(const Graph& graph, ValueId value, bool transposed) {
  StridedView view = strided_view(graph, value);
  if (!view || view.source == value) return {};
  if (transposed) std::swap(view.axes[2], view.axes[3]);
  const ViewAxis &batch = view.axes[0], &head = view.axes[1], &row = view.axes[2];
  if (!head.extent.is_constant() || !view.axes[3].extent.is_constant()) return {};
  const int64_t size = view.axes[3].extent.constant(), wide = size * head.extent.constant();
  if (size == 0 || wide == 0 || !is_stride(view.axes[3], 1) || !is_stride(head, size)) return {};
  Packed packed{view.source, head.extent.constant()};
  // Rows of all columns follow each other; those of one batch, or of one place in the sequence.
  Dim columns, rows = batch.extent * row.extent;
  if (!Dim::divides_exactly(elements(graph.dims(view.source)), rows, &columns)) return {};
  if (!columns.is_constant() || columns.constant() % wide != 0 || view.offset % wide != 0)
    return {};
  packed.parts = columns.constant() / wide;
  packed.part = view.offset / wide;
  if (packed.part >= packed.parts) return {};
  if (is_stride(row, columns) && is_stride(batch, columns * row.extent)) {
    packed.dims = {batch.extent, row.extent, columns};
  } else if (is_stride(batch, columns) && is_stride(row, columns * batch.extent)) {
    packed.dims = {row.extent, batch.extent, columns};
    packed.sequence_first = true;
  } else {
    return {};
  }
  return packed;
}

}  // namespace

Packed packed_source(const Graph& graph, ValueId value, bool transposed) {
  if (graph.dims(value).size() != 4) return {};
  const Packed packed = written_packed(graph, value, transposed);
  return packed ? packed : viewed_packed(graph, value, transposed);
}

Packing packing_of(const Graph& graph, ValueId value) {
  const NodeId transpose = sole_reader(graph, value);
  if (!transpose || !graph.node(transpose).is("Transpose")) return {};
  const Perm perm = perm_of(graph, transpose);
  const bool one = graph.dims(value)[0] == Dim(1);
  if (perm != Perm{0, 2, 1, 3} && perm != Perm{2, 0, 1, 3}) return {};
  const NodeId reshape = sole_reader(graph, graph.node(transpose).outputs[0]);
  if (!reshape || !graph.node(reshape).is("Reshape")) return {};
  return {reshape, perm[0] == 2 && !one};
}

}  // namespace ingot
