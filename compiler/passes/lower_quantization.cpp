// Turns products of dequantised values into products of the integers; other quantised values become
// floats again where they are computed with.
//
//   y = Conv(DequantizeLinear(x, sx, zx), DequantizeLinear(w, sw), b)       (w, sw, b constant)
//       =>    y = Conv(x, w, _, sx*sw, b) {x_zero=zx, epilogue=expr(add(mul(in0,in1),in2)), dtype=f32}
//   y = MatMul(DequantizeLinear(x, sx), DequantizeLinear(w, sw)) + b
//       =>    y = MatMul(x, w, sx*sw, b) {epilogue=expr(add(mul(in0,in1),in2)), dtype=f32}
//   y = GlobalAveragePool(DequantizeLinear(x, s))
//       =>    y = Pointwise(GlobalAveragePool(x) {dtype=f32}) {expression=expr(mul(in0,s))}
//
// One scale for all channels is a number of the epilogue. Values that are never negative are kept as
// u8 (unsigned_quantization.h). Weights that no product takes as integers become float constants.
// What stays of QuantizeLinear and DequantizeLinear is elementwise, with scales per axis as a
// Pointwise.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/passes/integer_products.h"
#include "compiler/passes/passes.h"
#include "compiler/passes/pointwise_form.h"
#include "compiler/passes/unsigned_quantization.h"

namespace ingot {
namespace {

bool is_kept_float(const PassContext& pass, const Node& node) {
  const auto* names = pass.options().keep_float;
  return names && std::any_of(node.origin.begin(), node.origin.end(),
                              [&](const std::string& name) { return names->contains(name); });
}

void lower_products(Graph* graph, PassContext* pass) {
  for (NodeId id : graph->nodes()) {
    if (!graph->is_live(id) || !reads_quantized(*graph, id)) continue;
    const bool float8 = reads_float8(*graph, id);
    const bool allowed = float8 ? pass->options().allow_fp8 : pass->options().allow_int8;
    const std::string why = is_kept_float(*pass, graph->node(id)) ? "it is to be computed in floats"
                            : !allowed ? fmt::format("{} is not allowed", float8 ? "FP8" : "INT8")
                                       : lower_product(graph, id);
    if (!why.empty()) pass->near_miss(*graph, id, why);
  }
}

Attributes pointwise_attributes(Expression expression, DType dtype) {
  Attributes attributes;
  attributes.set("expression", std::move(expression));
  attributes.set("dtype", dtype);
  return attributes;
}

/// The mean of the integers, then the scale.
void lower_mean(Graph* graph, PassContext* pass, NodeId id) {
  const Node node = graph->node(id);
  const NodeId maker = producer_of(*graph, node.inputs[0], "DequantizeLinear");
  const auto parameters =
      maker ? tensor_quantization(*graph, graph->node(maker)) : std::optional<TensorQuantization>{};
  if (!parameters || is_kept_float(*pass, node)) return;
  if (graph->dtype(graph->node(maker).inputs[0]) == DType::kF8E4M3) return;
  if (parameters->zero != 0 && node.is("AveragePool") &&
      attributes_of(*graph, id).integer("count_include_pad") != 0) {
    return pass->near_miss(*graph, id, "its padding counts, and is not the zero point");
  }
  Attributes attributes = node.attributes;
  const DType dtype = graph->dtype(node.outputs[0]);
  attributes.set("dtype", DType::kF32);
  const ValueId mean =
      graph->add(node.op->name, {graph->node(maker).inputs[0]}, attributes, node.origin);
  Expression e;
  int x = e.add_input(0);
  if (parameters->zero != 0) x = e.add(ScalarOp::kSub, x, e.add_constant(parameters->zero));
  e.finish(e.add(ScalarOp::kMul, x, e.add_constant(parameters->scale)));
  graph->set_op(id, op_named("Pointwise"), {mean}, pointwise_attributes(e, dtype));
}

/// A vector along an axis as it broadcasts to a tensor of that rank.
ValueId along_axis(Graph* graph, ValueId vector, int axis, int rank, bool reciprocal) {
  std::vector<float> values = graph->value(vector).type.constant.to_floats();
  if (reciprocal) {
    for (float& value : values) value = 1 / value;
  }
  Shape shape;
  for (int i = axis; i < rank; ++i) {
    shape.push_back(i == axis ? static_cast<int64_t>(values.size()) : 1);
  }
  return add_floats(graph, values, shape, DType::kF32);
}

/// Scales per axis: the same expressions over vectors.
void lower_scales_of_axis(Graph* graph, NodeId id) {
  const Node node = graph->node(id);
  const bool quantizes = node.is("QuantizeLinear");
  const DType bytes = graph->dtype(quantizes ? node.outputs[0] : node.inputs[0]);
  const DType floats = graph->dtype(quantizes ? node.inputs[0] : node.outputs[0]);
  const bool has_zero = node.inputs.size() > 2 && node.inputs[2];
  const bool constant = graph->value(node.inputs[1]).is_constant() &&
                        (!has_zero || graph->value(node.inputs[2]).is_constant());
  if (!constant || !is_quantized_byte(bytes) || !is_pointwise_float(floats)) return;
  if (graph->dims(node.inputs[1]).size() != 1 || tensor_quantization(*graph, node)) return;
  const int rank = static_cast<int>(graph->dims(node.inputs[0]).size());
  const int axis = attributes_of(*graph, id).axis("axis", rank);
  const ValueId scale = along_axis(graph, node.inputs[1], axis, rank, quantizes);
  std::vector<ValueId> inputs = {node.inputs[0], scale};
  const bool shifts = has_zero && !is_uniform(*graph, node.inputs[2], 0, 0);
  if (shifts) inputs.push_back(along_axis(graph, node.inputs[2], axis, rank, false));
  Expression e;
  int x = e.add_input(0);
  const int factor = e.add_input(1);
  if (shifts && !quantizes) x = e.add(ScalarOp::kSub, x, e.add_input(2));
  x = e.add(ScalarOp::kMul, x, factor);
  if (shifts && quantizes) x = e.add(ScalarOp::kAdd, x, e.add_input(2));
  e.finish(x);
  graph->set_op(id, op_named("Pointwise"), inputs,
                pointwise_attributes(e, quantizes ? bytes : floats));
}

/// Weights that stay floats cost nothing at run time.
void fold_dequantized_constants(Graph* graph) {
  for (NodeId id : graph->nodes("DequantizeLinear")) {
    const Node node = graph->node(id);
    const bool constant = std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) {
      return !input || graph->value(input).is_constant();
    });
    if (!constant || graph->is_output(node.outputs[0])) continue;
    graph->replace_uses(node.outputs[0],
                        fold_now(graph, "DequantizeLinear", node.inputs, node.attributes));
    graph->remove(id);
  }
}

}  // namespace

Graph lower_quantization(Graph graph, PassContext& pass) {
  if (pass.options().allow_int8) quantize_unsigned(&graph);
  if (pass.options().allow_int8 || pass.options().allow_fp8) {
    lower_products(&graph, &pass);
  }
  if (pass.options().allow_int8) {
    for (NodeId id : graph.nodes("AveragePool")) lower_mean(&graph, &pass, id);
    for (NodeId id : graph.nodes("GlobalAveragePool")) lower_mean(&graph, &pass, id);
  }
  graph.remove_dead_nodes();
  fold_dequantized_constants(&graph);
  for (NodeId id : graph.nodes("QuantizeLinear")) lower_scales_of_axis(&graph, id);
  for (NodeId id : graph.nodes("DequantizeLinear")) lower_scales_of_axis(&graph, id);
  return graph;
}

}  // namespace ingot
