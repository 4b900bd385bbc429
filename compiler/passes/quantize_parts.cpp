// Rounds a value once where each of its parts is rounded with a scale of its own: the product that
// computes it then stores bytes, and the parts are moved as bytes.
//
//   a, b = Split(x) {axis=1}; q = QuantizeLinear(a, s); r = QuantizeLinear(b, t)
//       =>    p = QuantizeLinear(x, [s.. t..]) {axis=1}; q, r = Split(p) {axis=1}
//   h = Reshape(x, [.., 3, 12, 64]); q = QuantizeLinear(Gather(h, 0) {axis=2}, s); r = .. 1 ..; t = .. 2 ..
//       =>    p = QuantizeLinear(x, [s.. ..]) {axis=-1}; h = Reshape(p); q = Gather(h, 0) {axis=2}; ..
//
// All readers of a part must round it alike, and the parts must be all of the value.
#include <algorithm>

#include "compiler/passes/passes.h"
#include "compiler/passes/pointwise_form.h"

namespace ingot {
namespace {

/// How all readers of a part round it.
struct Rounding {
  TensorQuantization numbers;
  DType dtype;
  Attributes attributes;
};

bool alike(const Graph& graph, const Rounding& a, const Node& node) {
  const auto b = tensor_quantization(graph, node);
  return b && a.numbers.scale == b->scale && a.numbers.zero == b->zero &&
         graph.dtype(node.outputs[0]) == a.dtype;
}

std::optional<Rounding> rounding_of(const Graph& graph, ValueId part) {
  if (!part || graph.is_output(part) || graph.dtype(part) != DType::kF32) return std::nullopt;
  std::optional<Rounding> result;
  for (NodeId reader : graph.readers(part)) {
    const Node& node = graph.node(reader);
    if (!node.is("QuantizeLinear") || node.inputs[0] != part) return std::nullopt;
    if (!result) {
      const auto numbers = tensor_quantization(graph, node);
      if (!numbers || !is_quantized_byte(graph.dtype(node.outputs[0]))) return std::nullopt;
      result = Rounding{*numbers, graph.dtype(node.outputs[0]), node.attributes};
    }
    if (!alike(graph, *result, node)) return std::nullopt;
  }
  return result;
}

/// The roundings of all parts, to one type; empty where a part is not rounded, or all are the same
/// (one scale is for another pass).
std::vector<Rounding> roundings_of(const Graph& graph, const std::vector<ValueId>& parts) {
  std::vector<Rounding> result;
  for (ValueId part : parts) {
    const auto rounding = rounding_of(graph, part);
    if (!rounding || (!result.empty() && rounding->dtype != result[0].dtype)) return {};
    result.push_back(*rounding);
  }
  return result;
}

/// The value rounded with scale and zero point of a part for each element along `axis`: `counts[i]`
/// elements of part i.
ValueId rounded(Graph* graph, ValueId value, const std::vector<Rounding>& roundings,
                const std::vector<int64_t>& counts, int axis,
                const std::vector<std::string>& origin) {
  std::vector<float> scales, zeros;
  for (size_t i = 0; i < roundings.size(); ++i) {
    const auto count = static_cast<size_t>(counts[i]);
    scales.insert(scales.end(), count, roundings[i].numbers.scale);
    zeros.insert(zeros.end(), count, roundings[i].numbers.zero);
  }
  const Shape shape{std::ssize(scales)};
  Attributes to_bytes;
  to_bytes.set("to", roundings[0].dtype);
  const ValueId zero =
      fold_now(graph, "Cast", {add_floats(graph, zeros, shape, DType::kF32)}, to_bytes);
  Attributes attributes = roundings[0].attributes;
  attributes.set("axis", static_cast<int64_t>(axis));
  return graph->add("QuantizeLinear", {value, add_floats(graph, scales, shape, DType::kF32), zero},
                    attributes, origin);
}

void take_over(Graph* graph, ValueId part, ValueId bytes) {
  for (NodeId reader : graph->readers(part)) {
    const ValueId old = graph->node(reader).outputs[0];
    if (graph->is_output(old)) graph->set_name(bytes, graph->value(old).name);
    graph->replace_uses(old, bytes);
    graph->remove(reader);
  }
}

std::vector<std::string> origins(const Graph& graph, const std::vector<ValueId>& parts) {
  std::vector<NodeId> readers;
  for (ValueId part : parts) readers.push_back(graph.readers(part).front());
  return merged_origin(graph, readers);
}

void round_before_split(Graph* graph, NodeId split) {
  const Node node = graph->node(split);
  const ValueId value = node.inputs[0];
  if (!sole_reader(*graph, value) || graph->is_output(value)) return;
  const std::vector<Rounding> roundings = roundings_of(*graph, node.outputs);
  if (roundings.empty()) return;
  const int axis =
      attributes_of(*graph, split).axis("axis", static_cast<int>(graph->dims(value).size()));
  std::vector<int64_t> counts;
  for (ValueId part : node.outputs) {
    const Dim& size = graph->dims(part)[static_cast<size_t>(axis)];
    if (!size.is_constant()) return;
    counts.push_back(size.constant());
  }
  std::vector<ValueId> inputs = node.inputs;
  inputs[0] = rounded(graph, value, roundings, counts, axis, origins(*graph, node.outputs));
  const NodeId moved = graph->add_node(*node.op, inputs, node.attributes, node.origin, {},
                                       static_cast<int>(node.outputs.size()));
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    take_over(graph, node.outputs[i], graph->node(moved).outputs[i]);
  }
  graph->remove(split);
}

/// Gathers of one element each along `axis`, in the order of the elements; empty where `value` is
/// read otherwise, or some element is not.
std::vector<NodeId> gathers_of_parts(const Graph& graph, ValueId value, int* axis) {
  const std::vector<NodeId> readers = graph.readers(value);
  std::vector<NodeId> parts;
  for (NodeId reader : readers) {
    const Node& node = graph.node(reader);
    if (!node.is("Gather") || node.inputs[0] != value) return {};
    const int rank = static_cast<int>(graph.dims(value).size());
    const int along = attributes_of(graph, reader).axis("axis", rank);
    const auto index = known_integers(graph, node.inputs[1]);
    const Dim& size = graph.dims(value)[static_cast<size_t>(along)];
    if (!index || index->size() != 1 || !graph.dims(node.inputs[1]).empty()) return {};
    if (!size.is_constant() || std::ssize(readers) != size.constant()) return {};
    if (parts.empty()) {
      *axis = along;
      parts.resize(readers.size());
    }
    const int64_t at = (*index)[0] < 0 ? (*index)[0] + size.constant() : (*index)[0];
    if (along != *axis || at < 0 || at >= size.constant() || parts[static_cast<size_t>(at)]) {
      return {};
    }
    parts[static_cast<size_t>(at)] = reader;
  }
  return parts;
}

void round_before_reshape(Graph* graph, NodeId reshape) {
  const Node node = graph->node(reshape);
  const ValueId value = node.inputs[0], seen = node.outputs[0];
  if (!sole_reader(*graph, value) || graph->is_output(value) || graph->is_output(seen)) return;
  int axis = 0;
  const std::vector<NodeId> gathers = gathers_of_parts(*graph, seen, &axis);
  if (gathers.size() < 2) return;
  // The last axis alone is taken apart, with the parts outermost.
  const auto from = graph->dims(value), to = graph->dims(seen);
  const bool splits_last = from.size() == static_cast<size_t>(axis) + 1 &&
                           std::equal(from.begin(), from.end() - 1, to.begin());
  if (!splits_last || !from.back().is_constant()) return;
  std::vector<ValueId> parts;
  for (NodeId gather : gathers) parts.push_back(graph->node(gather).outputs[0]);
  const std::vector<Rounding> roundings = roundings_of(*graph, parts);
  if (roundings.empty()) return;

  const std::vector<int64_t> counts(parts.size(), from.back().constant() / std::ssize(parts));
  std::vector<ValueId> inputs = node.inputs;
  inputs[0] = rounded(graph, value, roundings, counts, axis, origins(*graph, parts));
  const ValueId bytes = graph->add("Reshape", inputs, node.attributes, node.origin);
  for (size_t i = 0; i < parts.size(); ++i) {
    const Node gather = graph->node(gathers[i]);
    take_over(graph, parts[i],
              graph->add("Gather", {bytes, gather.inputs[1]}, gather.attributes, gather.origin));
    graph->remove(gathers[i]);
  }
  graph->remove(reshape);
}

}  // namespace

Graph quantize_parts(Graph graph, PassContext&) {
  for (NodeId id : graph.nodes("Split")) round_before_split(&graph, id);
  for (NodeId id : graph.nodes("Reshape")) round_before_reshape(&graph, id);
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
