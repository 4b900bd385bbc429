// Finds layer normalisation: the mean is taken off, the rest divided by its standard deviation.
//
//   m = ReduceMean(x, [-1]); d = Sub(x, m); v = ReduceMean(Pow(d, 2), [-1])
//   n = Div(d, Sqrt(Add(v, 1e-5))); s = Mul(n, scale); y = Add(s, bias)
//       =>    y = LayerNormalization(x, scale, bias) {axis=-1, epsilon=1e-05}
//
// Variants: Mul(d, d) for Pow, Reciprocal or Pow by -0.5 for the division, no scale, no bias. The
// means must be over the last axes, and scale and bias vary over these only.
#include "compiler/passes/normalization_pattern.h"
#include "compiler/passes/passes.h"

namespace ingot {
namespace {

void replace(Graph* graph, NodeId root, const Normalization& norm, const Shape& shape) {
  const ValueId normalized = graph->node(root).outputs[0];
  const DType dtype = graph->dtype(normalized);
  ScaleAndShift rest = read_scale_and_shift(graph, normalized, shape, true);
  if (!rest.scale) {
    const std::vector<float> ones(static_cast<size_t>(shape.elements()), 1.0F);
    rest.scale = add_floats(graph, ones, shape, dtype);
  }
  std::vector<ValueId> inputs = {norm.input, rest.scale};
  if (rest.shift) inputs.push_back(rest.shift);
  Attributes attributes;
  attributes.set("axis", static_cast<int64_t>(-shape.rank()));
  attributes.set("epsilon", norm.epsilon);
  std::vector<std::string> origin = norm.origin;
  origin.insert(origin.end(), rest.origin.begin(), rest.origin.end());
  const NodeId last = graph->producer(rest.result);
  graph->replace(last, graph->add("LayerNormalization", inputs, std::move(attributes), origin,
                                  graph->value(rest.result).name));
}

}  // namespace

Graph recognize_layer_norm(Graph graph, PassContext& pass) {
  for (NodeId id : graph.nodes()) {
    if (!graph.is_live(id)) continue;
    std::string why_not;
    const Normalization norm = match_normalization(graph, id, &why_not);
    if (!why_not.empty()) pass.near_miss(graph, id, why_not);
    if (!norm || !norm.centered) continue;
    const auto shape = normalized_shape(graph, norm.input, norm.axis);
    if (!shape) {
      pass.near_miss(graph, id, "the number of normalised elements is not known");
      continue;
    }
    replace(&graph, id, norm, *shape);
  }
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
