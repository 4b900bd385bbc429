// Finds x * sigmoid(x), also called SiLU, and its relatives with a factor in the sigmoid.
//
//   s = Sigmoid(x); y = Mul(x, s)                   =>    y = Swish(x) {alpha=1.0}
//   m = Mul(x, 1.702); s = Sigmoid(m); y = Mul(s, x)  =>    y = Swish(x) {alpha=1.702}
#include "compiler/passes/passes.h"

namespace ingot {

Graph recognize_silu(Graph graph, PassContext&) {
  for (NodeId id : graph.nodes("Mul")) {
    const Commuted product = match_either(graph, id, "Sigmoid");
    if (!product) continue;
    const Node node = graph.node(id);
    const ValueId x = product.other;
    const Product inside = flatten_product(graph, graph.node(product.producer).inputs[0]);
    // The argument may be x itself, whatever x is a product of.
    const Product outside = flatten_product(graph, x);
    if (inside.factors != outside.factors || outside.coefficient == 0) continue;
    if (!same_dims(graph, x, node.outputs[0])) continue;
    Attributes attributes;
    attributes.set("alpha", static_cast<float>(inside.coefficient / outside.coefficient));
    graph.replace(id, graph.add("Swish", {x}, std::move(attributes),
                                merged_origin(graph, {product.producer, id}),
                                graph.value(node.outputs[0]).name));
  }
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
