// Matching of normalisations: from the division back to what is normalised.
#include "compiler/passes/normalization_pattern.h"

#include <algorithm>

namespace ingot {
namespace {

/// sum = mean + epsilon, found below the square root.
struct Root {
  ValueId sum;
  bool reciprocal = false;  ///< it multiplies instead of dividing
};

Root read_root(const Graph& graph, ValueId value) {
  const NodeId id = graph.producer(value);
  if (!id) return {};
  const Node& node = graph.node(id);
  if (node.is("Sqrt")) return {node.inputs[0], false};
  if (node.is("Pow")) {
    if (is_uniform(graph, node.inputs[1], 0.5F)) return {node.inputs[0], false};
    if (is_uniform(graph, node.inputs[1], -0.5F)) return {node.inputs[0], true};
    return {};
  }
  ValueId below;
  if (node.is("Reciprocal")) below = node.inputs[0];
  if (node.is("Div") && is_uniform(graph, node.inputs[0], 1)) below = node.inputs[1];
  if (!below) return {};
  Root inner = read_root(graph, below);
  inner.reciprocal = !inner.reciprocal;
  return inner;
}

/// The first of the normalised axes, if they are the last ones; -1 otherwise.
int trailing_axis(const Graph& graph, NodeId reduce) {
  const auto axes = known_integers(graph, input_or_none(graph, reduce, 1));
  if (!axes || axes->empty() || attributes_of(graph, reduce).integer("keepdims") == 0) return -1;
  const int rank = static_cast<int>(graph.dims(graph.node(reduce).inputs[0]).size());
  int first = rank;
  for (int64_t axis : *axes) first = std::min(first, normalize_axis(axis, rank, "ReduceMean"));
  return rank - first == static_cast<int>(axes->size()) ? first : -1;
}

/// The value whose square this is, or none.
ValueId square_of(const Graph& graph, ValueId value) {
  const NodeId id = graph.producer(value);
  if (!id) return {};
  const Node& node = graph.node(id);
  const bool pow = node.is("Pow") && is_uniform(graph, node.inputs[1], 2);
  const bool mul = node.is("Mul") && node.inputs[0] == node.inputs[1];
  return pow || mul ? node.inputs[0] : ValueId{};
}

/// x, if the value is x - mean(x) over the axes from `axis` on.
ValueId before_centering(const Graph& graph, ValueId value, int axis, NodeId* mean) {
  const NodeId sub = producer_of(graph, value, "Sub");
  if (!sub) return {};
  const ValueId x = graph.node(sub).inputs[0];
  *mean = producer_of(graph, graph.node(sub).inputs[1], "ReduceMean");
  if (!*mean || graph.node(*mean).inputs[0] != x) return {};
  return trailing_axis(graph, *mean) == axis ? x : ValueId{};
}

}  // namespace

Normalization match_normalization(const Graph& graph, NodeId root, std::string* why_not) {
  const Node& node = graph.node(root);
  const bool divides = node.is("Div");
  if (!divides && !node.is("Mul")) return {};
  for (size_t i : {1, 0}) {
    if (divides && i == 0) break;
    const ValueId numerator = node.inputs[1 - i];
    const Root below = read_root(graph, node.inputs[i]);
    if (!below.sum || below.reciprocal == divides) continue;
    const NodeId add = producer_of(graph, below.sum, "Add");
    const WithScalar sum = add ? match_scalar(graph, add) : WithScalar{};
    const NodeId mean = sum ? producer_of(graph, sum.value, "ReduceMean") : NodeId{};
    if (!mean || square_of(graph, graph.node(mean).inputs[0]) != numerator) continue;
    const int axis = trailing_axis(graph, mean);
    if (axis < 0) {
      *why_not = "the mean is not over the last axes, with keepdims";
      return {};
    }
    Normalization found{numerator, false, axis, sum.scalar, {}};
    NodeId center;
    if (const ValueId x = before_centering(graph, numerator, axis, &center)) {
      found.input = x;
      found.centered = true;
      found.origin = merged_origin(graph, {center, graph.producer(numerator)});
    }
    for (const auto& name : merged_origin(graph, {mean, add, root})) {
      if (std::find(found.origin.begin(), found.origin.end(), name) == found.origin.end()) {
        found.origin.push_back(name);
      }
    }
    return found;
  }
  return {};
}

std::optional<Shape> normalized_shape(const Graph& graph, ValueId value, int axis) {
  const SymbolicShape& dims = graph.dims(value);
  return static_shape({dims.begin() + axis, dims.end()});
}

std::optional<ValueId> per_element(Graph* graph, ValueId value, const Shape& normalized) {
  const SymbolicShape dims = graph->dims(value);
  const auto shape = static_shape(dims);
  if (!shape) return std::nullopt;
  if (*shape == normalized) return value;
  if (!graph->value(value).is_constant()) return std::nullopt;
  // More axes than the normalised ones would vary over others, unless they have one element.
  const int extra = shape->rank() - normalized.rank();
  for (int i = 0; i < extra; ++i) {
    if ((*shape)[i] != 1) return std::nullopt;
  }
  ValueId result = value;
  if (extra > 0) {
    Shape trailing;
    for (int i = extra; i < shape->rank(); ++i) trailing.push_back((*shape)[i]);
    result = graph->add_constant(graph->value(value).type.constant.reshaped(trailing));
  }
  if (graph->value(result).type.constant.shape() == normalized) return result;
  for (int i = 1; i <= std::min(shape->rank(), normalized.rank()); ++i) {
    const int64_t have = (*shape)[shape->rank() - i], want = normalized[normalized.rank() - i];
    if (have != 1 && have != want) return std::nullopt;
  }
  return fold_now(graph, "Expand", {result, add_integers(graph, normalized.dims())});
}

ScaleAndShift read_scale_and_shift(Graph* graph, ValueId normalized, const Shape& shape,
                                   bool with_shift) {
  ScaleAndShift found{normalized, {}, {}, {}};
  for (const bool scale : {true, false}) {
    if (!scale && !with_shift) break;
    const NodeId reader = sole_reader(*graph, found.result);
    if (!reader || !graph->node(reader).is(scale ? "Mul" : "Add")) continue;
    const auto& inputs = graph->node(reader).inputs;
    if (inputs[0] == inputs[1]) continue;
    const ValueId other = inputs[inputs[0] == found.result ? 1 : 0];
    if (!same_dims(*graph, graph->node(reader).outputs[0], found.result)) continue;
    const auto factor = per_element(graph, other, shape);
    if (!factor) continue;
    (scale ? found.scale : found.shift) = *factor;
    found.result = graph->node(reader).outputs[0];
    for (const std::string& name : graph->node(reader).origin) found.origin.push_back(name);
  }
  return found;
}

}  // namespace ingot
