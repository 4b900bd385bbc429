// Lets a matrix product read its operands transposed instead of transposing them before.
//
//   t = Transpose(k) {perm=[0,1,3,2]}; y = MatMul(q, t)    =>    y = MatMul(q, k) {transpose_b=1}
//   y = MatMul(x, w) {transpose_b=1}, w constant           =>    y = MatMul(x, w')
//
// Only a swap of the last two axes can be absorbed.
#include <fmt/core.h>

#include <utility>

#include "compiler/passes/passes.h"

namespace ingot {
namespace {

/// The transpose swaps the last two axes and keeps the others.
bool swaps_last_two(const Graph& graph, NodeId transpose) {
  std::vector<int64_t> perm = attributes_of(graph, transpose).integers("perm");
  const size_t rank = graph.dims(graph.node(transpose).inputs[0]).size();
  if (rank < 2) return false;
  if (perm.empty()) return rank == 2;
  std::swap(perm[rank - 1], perm[rank - 2]);
  for (size_t i = 0; i < rank; ++i) {
    if (perm[i] != static_cast<int64_t>(i)) return false;
  }
  return true;
}

constexpr const char* kFlags[] = {"transpose_a", "transpose_b"};

}  // namespace

Graph absorb_transposes_into_matmul(Graph graph, PassContext& pass) {
  for (NodeId id : graph.nodes("MatMul")) {
    for (size_t side : {0, 1}) {
      const Node node = graph.node(id);
      std::vector<ValueId> inputs = node.inputs;
      Attributes attributes = node.attributes;
      const bool flag = attributes_of(graph, id).integer(kFlags[side]) != 0;
      const NodeId transpose = producer_of(graph, inputs[side], "Transpose");
      if (transpose && swaps_last_two(graph, transpose)) {
        inputs[side] = graph.node(transpose).inputs[0];
        attributes.erase(kFlags[side]);
        if (!flag) attributes.set(kFlags[side], int64_t{1});
        graph.set_op(id, *node.op, inputs, attributes);
        graph.add_origin(id, graph.node(transpose).origin);
      } else if (transpose) {
        pass.near_miss(graph, id,
                       fmt::format("the transpose before {} moves more than the last two axes",
                                   side == 0 ? "A" : "B"));
      } else if (flag && graph.value(inputs[side]).is_constant() &&
                 graph.dims(inputs[side]).size() == 2) {
        Attributes swap;
        swap.set("perm", std::vector<int64_t>{1, 0});
        inputs[side] = fold_now(&graph, "Transpose", {inputs[side]}, swap);
        attributes.erase(kFlags[side]);
        graph.set_op(id, *node.op, inputs, attributes);
      }
    }
  }
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
