// Joins matrix products of one input with several constant matrices into one product.
//
//   q = MatMul(x, wq); k = MatMul(x, wk); v = MatMul(x, wv)
//       =>    p = MatMul(x, [wq wk wv]); q, k, v = Split(p) {axis=-1}
//
// Constant biases that each product's only reader adds are joined too. It pays for few rows, where
// a product reads more weights than it computes; with many rows the Split costs more than it saves,
// but on a GPU attention reads the parts in place, and one kernel less is worth more.
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "compiler/passes/affine.h"
#include "compiler/passes/passes.h"

namespace ingot {
namespace {

constexpr int64_t kMostRows = 32;

/// A product and, where its only reader adds a constant bias, that addition.
struct Branch {
  NodeId product, add;
  ValueId weights;
  std::vector<float> bias;
  ValueId result;
};

Branch read_branch(const Graph& graph, NodeId product) {
  Branch branch{product, {}, graph.node(product).inputs[1], {}, graph.node(product).outputs[0]};
  const NodeId reader = sole_reader(graph, branch.result);
  if (!reader || !graph.node(reader).is("Add")) return branch;
  const int axis = static_cast<int>(graph.dims(branch.result).size()) - 1;
  const Affine affine = match_affine(graph, reader, axis);
  if (!affine || affine.input != branch.result) return branch;
  branch.add = reader;
  branch.bias = affine.shift;
  branch.result = graph.node(reader).outputs[0];
  return branch;
}

/// Attention alone reads what the branch gives.
bool feeds_attention(const Graph& graph, NodeId product) {
  const std::vector<NodeId> readers = graph.readers(read_branch(graph, product).result);
  return !readers.empty() && std::all_of(readers.begin(), readers.end(), [&](NodeId reader) {
    return graph.node(reader).is("Attention");
  });
}

bool is_candidate(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  return node.attributes.empty() && node.inputs.size() == 2 &&
         graph.value(node.inputs[1]).is_constant() && graph.dims(node.inputs[1]).size() == 2 &&
         graph.dims(node.inputs[0]).size() >= 2 && is_float(graph.dtype(node.inputs[0]));
}

void merge(Graph* graph, ValueId input, const std::vector<Branch>& branches) {
  std::vector<ValueId> weights;
  std::vector<float> bias;
  std::vector<int64_t> sizes;
  std::vector<std::string> names;
  std::vector<NodeId> nodes;
  for (const Branch& branch : branches) {
    weights.push_back(branch.weights);
    bias.insert(bias.end(), branch.bias.begin(), branch.bias.end());
    sizes.push_back(graph->dims(branch.weights)[1].constant());
    names.push_back(graph->value(branch.result).name);
    nodes.push_back(branch.product);
    if (branch.add) nodes.push_back(branch.add);
  }
  const std::vector<std::string> origin = merged_origin(*graph, nodes);
  Attributes along_columns;
  along_columns.set("axis", int64_t{1});
  ValueId result =
      graph->add("MatMul", {input, fold_now(graph, "Concat", weights, along_columns)}, {}, origin);
  if (!bias.empty()) {
    const Shape shape{static_cast<int64_t>(bias.size())};
    result = graph->add("Add", {result, add_floats(graph, bias, shape, graph->dtype(input))}, {},
                        origin);
  }
  Attributes along_last;
  along_last.set("axis", int64_t{-1});
  const NodeId split = graph->add_node(op_named("Split"), {result, add_integers(graph, sizes)},
                                       along_last, origin, names);
  const std::vector<ValueId> parts = graph->node(split).outputs;
  for (size_t i = 0; i < branches.size(); ++i) graph->replace_uses(branches[i].result, parts[i]);
}

}  // namespace

Graph merge_sibling_matmuls(Graph graph, PassContext& pass) {
  std::map<ValueId, std::vector<NodeId>> by_input;
  for (NodeId id : graph.nodes("MatMul")) {
    if (is_candidate(graph, id)) by_input[graph.node(id).inputs[0]].push_back(id);
  }
  for (auto& [input, products] : by_input) {
    if (products.size() < 2) continue;
    const Shape shape = graph.opt_shape(input);
    const int64_t rows = shape.elements() / std::max<int64_t>(1, shape[shape.rank() - 1]);
    const bool few = rows <= kMostRows;
    if (!few && pass.options().gpu) {
      std::erase_if(products, [&](NodeId id) { return !feeds_attention(graph, id); });
      if (products.size() < 2) continue;
    } else if (!few) {
      pass.near_miss(graph, products[0],
                     fmt::format("{} sibling products have {} rows; merging pays up to {}",
                                 products.size(), rows, kMostRows));
      continue;
    }
    std::vector<Branch> with_bias, without_bias;
    for (NodeId id : products) {
      const Branch branch = read_branch(graph, id);
      (branch.add ? with_bias : without_bias).push_back(branch);
    }
    for (const auto& branches : {with_bias, without_bias}) {
      if (branches.size() > 1) merge(&graph, input, branches);
    }
  }
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
