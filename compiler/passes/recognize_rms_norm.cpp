// Finds root-mean-square normalisation: a value divided by the root of its mean square.
//
//   v = ReduceMean(Pow(x, 2), [-1]); n = Mul(x, Reciprocal(Sqrt(Add(v, 1e-6)))); y = Mul(n, scale)
//       =>    y = RMSNormalization(x, scale) {axis=-1, epsilon=1e-06}
//
// Variants: Mul(x, x) for Pow, Div or Pow by -0.5 for the reciprocal root, no scale. The mean must
// be over the last axes, and the scale vary over these only.
#include "compiler/passes/normalization_pattern.h"
#include "compiler/passes/passes.h"

namespace ingot {
namespace {

void replace(Graph* graph, NodeId root, const Normalization& norm, const Shape& shape) {
  const ValueId normalized = graph->node(root).outputs[0];
  ScaleAndShift rest = read_scale_and_shift(graph, normalized, shape, false);
  if (!rest.scale) {
    const std::vector<float> ones(static_cast<size_t>(shape.elements()), 1.0F);
    rest.scale = add_floats(graph, ones, shape, graph->dtype(normalized));
  }
  Attributes attributes;
  attributes.set("axis", static_cast<int64_t>(-shape.rank()));
  attributes.set("epsilon", norm.epsilon);
  std::vector<std::string> origin = norm.origin;
  origin.insert(origin.end(), rest.origin.begin(), rest.origin.end());
  const NodeId last = graph->producer(rest.result);
  graph->replace(last, graph->add("RMSNormalization", {norm.input, rest.scale},
                                  std::move(attributes), origin, graph->value(rest.result).name));
}

}  // namespace

Graph recognize_rms_norm(Graph graph, PassContext& pass) {
  for (NodeId id : graph.nodes()) {
    if (!graph.is_live(id)) continue;
    std::string why_not;
    const Normalization norm = match_normalization(graph, id, &why_not);
    if (!why_not.empty()) pass.near_miss(graph, id, why_not);
    if (!norm || norm.centered) continue;
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
