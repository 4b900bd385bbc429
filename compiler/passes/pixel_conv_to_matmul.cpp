// On a GPU a convolution of one pixel is a matrix product, which has kernels for few rows: the
// squeezed side of a squeeze-and-excite block, the head of a classifier.
//
//   x: [n,c,1,1]; a = Conv(x, w, b) {kernel_shape=[1,1]}; y = Silu(a)
//       =>    m = MatMul(Reshape(x, [n,c]), w'); y = Reshape(Silu(Add(m, b)), [n,d,1,1])
//
// Elementwise nodes that follow go along, so that they stay beside the product.
#include <algorithm>

#include "compiler/passes/passes.h"
#include "compiler/passes/pointwise_form.h"

namespace ingot {
namespace {

bool is_pixel(const SymbolicShape& dims) {
  return dims.size() > 2 &&
         std::all_of(dims.begin() + 2, dims.end(), [](const Dim& dim) { return dim == Dim(1); });
}

bool is_pixel_conv(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const NodeAttributes attributes = attributes_of(graph, id);
  if (attributes.integer("group") != 1 || node.attributes.expression("epilogue")) return false;
  if (!graph.value(node.inputs[1]).is_constant()) return false;
  return is_pixel(graph.dims(node.inputs[0])) && is_pixel(graph.dims(node.inputs[1])) &&
         is_pixel(graph.dims(node.outputs[0]));
}

ValueId with_dims(Graph* graph, ValueId value, const SymbolicShape& dims,
                  const std::vector<std::string>& origin) {
  const auto target = reshape_target(graph, graph->dims(value), dims);
  return target ? graph->add("Reshape", {value, *target}, {}, origin) : ValueId{};
}

/// The only reader, where it computes each element from one element of `value` and numbers.
NodeId follower(const Graph& graph, ValueId value) {
  const NodeId reader = sole_reader(graph, value);
  if (!reader || graph.node(reader).is("Cast")) return {};
  const auto form = pointwise_form(graph, reader);
  const bool fits = form && form->inputs.size() == 1 &&
                    graph.dtype(graph.node(reader).outputs[0]) == graph.dtype(value) &&
                    same_dims(graph, value, graph.node(reader).outputs[0]);
  return fits ? reader : NodeId{};
}

void rewrite(Graph* graph, NodeId conv) {
  const Node node = graph->node(conv);
  const SymbolicShape in = graph->dims(node.inputs[0]), out = graph->dims(node.outputs[0]);
  const ValueId row = with_dims(graph, node.inputs[0], {in[0], in[1]}, node.origin);
  if (!row) return;
  const Shape shape{out[1].constant(), in[1].constant()};
  const ValueId weights =
      graph->add_constant(graph->value(node.inputs[1]).type.constant.reshaped(shape));
  Attributes swap;
  swap.set("perm", std::vector<int64_t>{1, 0});
  ValueId result =
      graph->add("MatMul", {row, fold_now(graph, "Transpose", {weights}, swap)}, {}, node.origin);
  const ValueId bias = input_or_none(*graph, conv, 2);
  if (bias) result = graph->add("Add", {result, bias}, {}, node.origin);
  NodeId last = conv;
  while (const NodeId next = follower(*graph, graph->node(last).outputs[0])) {
    const Node taken = graph->node(next);
    std::vector<ValueId> inputs = taken.inputs;
    for (ValueId& input : inputs) {
      if (input == graph->node(last).outputs[0]) input = result;
    }
    result = graph->add(taken.op->name, inputs, taken.attributes, taken.origin);
    last = next;
  }
  const ValueId old = graph->node(last).outputs[0];
  const std::string name = graph->value(old).name;
  const ValueId pixel = with_dims(graph, result, out, graph->node(last).origin);
  graph->replace_uses(old, pixel);
  graph->set_name(pixel, name);
}

}  // namespace

Graph pixel_conv_to_matmul(Graph graph, PassContext& pass) {
  if (!pass.options().gpu) return graph;
  for (NodeId id : graph.nodes("Conv")) {
    if (is_pixel_conv(graph, id) && graph.dims(graph.node(id).outputs[0])[1].is_constant()) {
      rewrite(&graph, id);
    }
  }
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
