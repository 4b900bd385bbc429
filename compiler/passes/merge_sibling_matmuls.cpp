// Joins matrix products of one input with several constant matrices into one product.
//
//   q = MatMul(x, wq); k = MatMul(x, wk); v = MatMul(x, wv)
//       =>    p = MatMul(x, [wq wk wv]); q, k, v = Split(p) {axis=-1}
//
// Constant biases that each product's only reader adds are joined too, and so are the scales and biases
// that stand in the epilogues of products of bytes. It pays for few rows, where
// a product reads more weights than it computes; with many rows the Split costs more than it saves,
// but on a GPU attention reads the parts in place, and one kernel less is worth more.
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "compiler/passes/affine.h"
#include "compiler/passes/passes.h"
#include "compiler/passes/pointwise_form.h"

namespace ingot {
namespace {

constexpr int64_t kMostRows = 32;

/// A product and, where its only reader adds a constant bias, that addition.
struct Branch {
  NodeId product, add;
  ValueId weights;
  std::vector<float> bias;
  ValueId result;
  std::vector<float> scales = {};  ///< of a product of bytes: one for each column
};

/// The numbers of an expression's node for each column: a constant, or a vector that is an extra;
/// empty for anything else.
std::vector<float> column_numbers(const Graph& graph, const Node& product,
                                  const ExpressionNode& node, int64_t columns) {
  if (node.op == ScalarOp::kConstant) {
    return std::vector<float>(static_cast<size_t>(columns), node.value);
  }
  if (node.op != ScalarOp::kInput || node.index == 0) return {};
  const Tensor& constant =
      graph.value(product.inputs[1 + static_cast<size_t>(node.index)]).type.constant;
  if (!constant || constant.elements() != columns || constant.shape().rank() != 1) return {};
  return constant.to_floats();
}

/// Reads mul(in0,scales) or add(mul(in0,scales),bias) into a branch; false for other epilogues.
bool read_scales(const Graph& graph, Branch* branch) {
  const Node& node = graph.node(branch->product);
  const Expression* epilogue = node.attributes.expression("epilogue");
  if (!epilogue || epilogue->empty()) return false;
  const auto nodes = epilogue->nodes();
  const auto operand = [&](const ExpressionNode& of, int i) -> const ExpressionNode& {
    return nodes[static_cast<size_t>(of.operands[i])];
  };
  const int64_t columns = graph.dims(branch->weights)[1].constant();
  const ExpressionNode* product = &nodes.back();
  if (product->op == ScalarOp::kAdd) {
    branch->bias = column_numbers(graph, node, operand(*product, 1), columns);
    if (branch->bias.empty()) return false;
    product = &operand(*product, 0);
  }
  if (product->op != ScalarOp::kMul) return false;
  const ExpressionNode& sum = operand(*product, 0);
  if (sum.op != ScalarOp::kInput || sum.index != 0) return false;
  branch->scales = column_numbers(graph, node, operand(*product, 1), columns);
  return !branch->scales.empty();
}

Branch read_branch(const Graph& graph, NodeId product) {
  Branch branch{product, {}, graph.node(product).inputs[1], {}, graph.node(product).outputs[0]};
  if (is_quantized_byte(graph.dtype(graph.node(product).inputs[0]))) {
    read_scales(graph, &branch);
    return branch;
  }
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
  if (is_quantized_byte(graph.dtype(node.inputs[0]))) {
    // What follows elementwise, the rounding above all, is worth more in the epilogue.
    const NodeId reader = sole_reader(graph, node.outputs[0]);
    if (reader && pointwise_form(graph, reader)) return false;
    Branch branch{id, {}, node.inputs[1], {}, node.outputs[0]};
    return graph.value(node.inputs[1]).is_constant() && graph.dims(node.inputs[1]).size() == 2 &&
           graph.dims(node.inputs[0]).size() >= 2 && !node.attributes.has("transpose_a") &&
           !node.attributes.has("transpose_b") &&
           is_pointwise_float(graph.dtype(node.outputs[0])) && read_scales(graph, &branch);
  }
  return node.attributes.empty() && node.inputs.size() == 2 &&
         graph.value(node.inputs[1]).is_constant() && graph.dims(node.inputs[1]).size() == 2 &&
         graph.dims(node.inputs[0]).size() >= 2 && is_float(graph.dtype(node.inputs[0]));
}

/// A product of bytes with the scales and biases of all branches.
ValueId scaled_product(Graph* graph, std::vector<ValueId> operands,
                       const std::vector<Branch>& branches, const std::vector<float>& bias,
                       const std::vector<std::string>& origin) {
  std::vector<float> scales;
  for (const Branch& branch : branches) {
    scales.insert(scales.end(), branch.scales.begin(), branch.scales.end());
  }
  const Shape shape{std::ssize(scales)};
  Expression e;
  int result = e.add(ScalarOp::kMul, e.add_input(0), e.add_input(1));
  operands.push_back(add_floats(graph, scales, shape, DType::kF32));
  if (!bias.empty()) {
    result = e.add(ScalarOp::kAdd, result, e.add_input(2));
    operands.push_back(add_floats(graph, bias, shape, DType::kF32));
  }
  e.finish(result);
  Attributes attributes;
  attributes.set("dtype", graph->dtype(branches[0].result));
  attributes.set("epilogue", e);
  return graph->add("MatMul", operands, attributes, origin);
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
  const std::vector<ValueId> operands = {input, fold_now(graph, "Concat", weights, along_columns)};
  ValueId result;
  if (!branches[0].scales.empty()) {
    result = scaled_product(graph, operands, branches, bias, origin);
  } else {
    result = graph->add("MatMul", operands, {}, origin);
    if (!bias.empty()) {
      const ValueId numbers = add_floats(graph, bias, Shape{std::ssize(bias)}, graph->dtype(input));
      result = graph->add("Add", {result, numbers}, {}, origin);
    }
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
      if (graph.dtype(branch.result) != graph.dtype(graph.node(products[0]).outputs[0])) continue;
      (branch.bias.empty() ? without_bias : with_bias).push_back(branch);
    }
    for (const auto& branches : {with_bias, without_bias}) {
      if (branches.size() > 1) merge(&graph, input, branches);
    }
  }
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
