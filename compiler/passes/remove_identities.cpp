// Removes nodes that hand on their input as it is.
//
//   y = Identity(x)        y = Dropout(x)              y = Cast(x) {to=f32}, x is f32
//   y = Reshape(x, s)      y = Expand(x, s)            with the dims that x has
//   y = Transpose(x) {perm=[0,1,2]}                    y = Concat(x)
//   y = Slice(x, ...)      y = Pad(x, zeros)           y = ReduceSum(x) over axes of size 1
//   y = Mul(x, 1)          y = Add(x, 0)               y = Clip(x) without bounds
//       =>    x
#include <algorithm>

#include "compiler/passes/passes.h"

namespace ingot {
namespace {

bool keeps_type(const Graph& graph, const Node& node) {
  return node.outputs.size() == 1 && graph.dtype(node.inputs[0]) == graph.dtype(node.outputs[0]) &&
         same_dims(graph, node.inputs[0], node.outputs[0]);
}

bool all_equal(const std::optional<std::vector<int64_t>>& values, int64_t expected) {
  return values && std::all_of(values->begin(), values->end(),
                               [expected](int64_t value) { return value == expected; });
}

bool is_inference_dropout(const Graph& graph, const Node& node) {
  if (!node.is("Dropout")) return false;
  if (node.outputs.size() > 1 && node.outputs[1] && graph.reader_count(node.outputs[1]) > 0) {
    return false;
  }
  if (node.inputs.size() < 3 || !node.inputs[2]) return true;
  return all_equal(known_integers(graph, node.inputs[2]), 0);
}

bool is_whole_slice(const Graph& graph, NodeId id) {
  // Equal dims with steps of 1 leave only the whole; a reversed axis has the same dims.
  return !graph.has_input(id, 4) ||
         all_equal(known_integers(graph, input_or_none(graph, id, 4)), 1);
}

bool keeps_order(const Graph& graph, NodeId id) {
  const auto perm = attributes_of(graph, id).integers("perm");
  if (perm.empty()) return graph.dims(graph.node(id).inputs[0]).size() <= 1;
  return std::is_sorted(perm.begin(), perm.end());
}

/// ReduceX over axes that all have one element, or over none.
bool is_empty_reduction(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  for (std::string_view name :
       {"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd"}) {
    if (!node.is(name)) continue;
    const SymbolicShape& dims = graph.dims(node.inputs[0]);
    if (!graph.has_input(id, 1)) {
      return attributes_of(graph, id).integer("noop_with_empty_axes") != 0 ||
             std::all_of(dims.begin(), dims.end(), [](const Dim& dim) { return dim == Dim(1); });
    }
    const auto axes = known_integers(graph, node.inputs[1]);
    return axes && !axes->empty() && std::all_of(axes->begin(), axes->end(), [&](int64_t axis) {
             const int rank = static_cast<int>(dims.size());
             return dims[static_cast<size_t>(normalize_axis(axis, rank, name))] == Dim(1);
           });
  }
  return false;
}

/// Which input a binary node hands on because the other is its neutral element; -1: none.
int neutral_operand(const Graph& graph, const Node& node) {
  const auto is_constant = [&](size_t i, float value) {
    return is_uniform(graph, node.inputs[i], value, 0.0F);
  };
  if (node.is("Mul")) return is_constant(1, 1) ? 0 : is_constant(0, 1) ? 1 : -1;
  if (node.is("Add")) return is_constant(1, 0) ? 0 : is_constant(0, 0) ? 1 : -1;
  if (node.is("Div") || node.is("Pow")) return is_constant(1, 1) ? 0 : -1;
  if (node.is("Sub")) return is_constant(1, 0) ? 0 : -1;
  return -1;
}

bool hands_on_input(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (node.is("Identity") || is_inference_dropout(graph, node)) return true;
  if (node.inputs.empty() || !node.inputs[0] || !keeps_type(graph, node)) return false;
  if (node.is("Cast") || node.is("CastLike") || node.is("Reshape") || node.is("Expand") ||
      node.is("Squeeze") || node.is("Unsqueeze") || node.is("Flatten")) {
    return true;
  }
  if (node.is("Transpose")) return keeps_order(graph, id);
  if (node.is("Slice")) return is_whole_slice(graph, id);
  if (node.is("Pad")) return all_equal(known_integers(graph, input_or_none(graph, id, 1)), 0);
  if (node.is("Tile")) return all_equal(known_integers(graph, input_or_none(graph, id, 1)), 1);
  if (node.is("Clip")) return !graph.has_input(id, 1) && !graph.has_input(id, 2);
  for (std::string_view name : {"Concat", "Sum", "Mean", "Max", "Min", "Split"}) {
    if (node.is(name)) return node.inputs.size() == 1 || node.is("Split");
  }
  return is_empty_reduction(graph, id);
}

}  // namespace

Graph remove_identities(Graph graph, PassContext&) {
  for (NodeId id : graph.nodes()) {
    const Node node = graph.node(id);
    ValueId source;
    if (hands_on_input(graph, id)) {
      source = node.inputs[0];
    } else if (const int i = neutral_operand(graph, node); i >= 0) {
      const ValueId operand = node.inputs[static_cast<size_t>(i)];
      if (same_dims(graph, operand, node.outputs[0])) source = operand;
    }
    if (source) graph.replace(id, source);
  }
  return graph;
}

}  // namespace ingot
