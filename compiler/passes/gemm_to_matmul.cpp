// Writes Gemm as MatMul and Add, which the other passes know.
//
//   y = Gemm(a, b, c) {alpha=2.0, transB=1}
//       =>    m = MatMul(a, b'); y = Add(m, c)      b' = transposed 2 * b   (b constant)
//       =>    m = MatMul(a, b) {transpose_b=1}; s = Mul(m, 2); y = Add(s, c)
#include "compiler/passes/passes.h"

namespace ingot {
namespace {

ValueId scaled(Graph* graph, ValueId value, float factor, const std::vector<std::string>& origin) {
  if (factor == 1) return value;
  const ValueId scalar = add_scalar(graph, factor, graph->dtype(value));
  if (graph->value(value).is_constant()) return fold_now(graph, "Mul", {value, scalar});
  return graph->add("Mul", {value, scalar}, {}, origin);
}

}  // namespace

Graph gemm_to_matmul(Graph graph, PassContext& pass) {
  for (NodeId id : graph.nodes("Gemm")) {
    const Node gemm = graph.node(id);
    if (!is_float(graph.dtype(gemm.outputs[0]))) {
      pass.near_miss(graph, id, "it multiplies integers");
      continue;
    }
    const NodeAttributes attributes = attributes_of(graph, id);
    const float alpha = attributes.number("alpha"), beta = attributes.number("beta");
    const bool transpose_a = attributes.integer("transA") != 0;
    bool transpose_b = attributes.integer("transB") != 0;

    ValueId b = gemm.inputs[1];
    const bool constant = graph.value(b).is_constant();
    if (constant && transpose_b) {
      Attributes swap;
      swap.set("perm", std::vector<int64_t>{1, 0});
      b = fold_now(&graph, "Transpose", {b}, swap);
      transpose_b = false;
    }
    if (constant) b = scaled(&graph, b, alpha, {});

    Attributes flags;
    if (transpose_a) flags.set("transpose_a", int64_t{1});
    if (transpose_b) flags.set("transpose_b", int64_t{1});
    const bool last = !graph.has_input(id, 2) || beta == 0;
    const std::string name = graph.value(gemm.outputs[0]).name;
    ValueId result = graph.add("MatMul", {gemm.inputs[0], b}, flags, gemm.origin,
                               last && (constant || alpha == 1) ? name : "");
    if (!constant) result = scaled(&graph, result, alpha, gemm.origin);
    if (!last) {
      const ValueId c = scaled(&graph, gemm.inputs[2], beta, gemm.origin);
      result = graph.add("Add", {result, c}, {}, gemm.origin, name);
    }
    graph.replace(id, result);
  }
  return graph;
}

}  // namespace ingot
