// Finds the hard sigmoid and the hard swish, written with Clip or HardSigmoid.
//
//   y = Div(Clip(Add(x, 3), 0, 6), 6)              =>    y = HardSigmoid(x) {alpha=0.16666667, beta=0.5}
//   y = Div(Mul(x, Clip(Add(x, 3), 0, 6)), 6)      =>    y = HardSwish(x)
//   y = Mul(x, HardSigmoid(x)) with alpha 1/6, beta 0.5  =>    y = HardSwish(x)
//
// The division may stand anywhere in the product, as may its reciprocal.
#include <cmath>

#include "compiler/passes/passes.h"

namespace ingot {
namespace {

/// x of Clip(Add(x, 3), 0, 6), or none.
ValueId shifted_input(const Graph& graph, ValueId value) {
  const NodeId clip = producer_of(graph, value, "Clip");
  if (!clip || !is_uniform(graph, input_or_none(graph, clip, 1), 0) ||
      !is_uniform(graph, input_or_none(graph, clip, 2), 6)) {
    return {};
  }
  const NodeId add = producer_of(graph, graph.node(clip).inputs[0], "Add");
  if (!add) return {};
  const WithScalar sum = match_scalar(graph, add);
  return sum && sum.scalar == 3 ? sum.value : ValueId{};
}

/// x of a HardSigmoid with the slope and the middle of the hard swish, or none.
ValueId sigmoid_input(const Graph& graph, ValueId value) {
  const NodeId id = producer_of(graph, value, "HardSigmoid");
  if (!id) return {};
  const NodeAttributes attributes = attributes_of(graph, id);
  const bool fits =
      std::abs(attributes.number("alpha") - 1.0F / 6) < 1e-5F && attributes.number("beta") == 0.5F;
  return fits ? graph.node(id).inputs[0] : ValueId{};
}

/// x, if the value is a hard swish of it.
ValueId swish_input(const Graph& graph, ValueId value) {
  for (ValueId gate : flatten_product(graph, value).factors) {
    ValueId x = shifted_input(graph, gate);
    if (x && flatten_product(graph, value, x).is(1.0 / 6, {x, gate})) return x;
    x = sigmoid_input(graph, gate);
    if (x && flatten_product(graph, value, x).is(1, {x, gate})) return x;
  }
  return {};
}

/// x, if the value is Clip(Add(x, 3), 0, 6) divided by 6.
ValueId gate_input(const Graph& graph, ValueId value) {
  const Product product = flatten_product(graph, value);
  if (product.factors.size() != 1 || !product.is(1.0 / 6, product.factors)) return {};
  return shifted_input(graph, product.factors[0]);
}

}  // namespace

Graph recognize_hard_swish(Graph graph, PassContext&) {
  std::vector<NodeId> order = graph.nodes();
  // From the end: the whole product is seen before its parts.
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const NodeId id = *it;
    if (!graph.node(id).is("Mul") && !graph.node(id).is("Div")) continue;
    const ValueId result = graph.node(id).outputs[0];
    if (!is_float(graph.dtype(result))) continue;
    const std::vector<std::string> origin = graph.node(id).origin;
    const std::string name = graph.value(result).name;
    if (const ValueId x = swish_input(graph, result); x && same_dims(graph, x, result)) {
      graph.replace(id, graph.add("HardSwish", {x}, {}, origin, name));
    } else if (const ValueId y = gate_input(graph, result); y && same_dims(graph, y, result)) {
      Attributes attributes;
      attributes.set("alpha", 1.0F / 6);
      attributes.set("beta", 0.5F);
      graph.replace(id, graph.add("HardSigmoid", {y}, std::move(attributes), origin, name));
    }
  }
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
