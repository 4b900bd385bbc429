// The arithmetic: sum (x - zx) sx * w sw + b  =  (sum (x - zx) w) * (sx sw) + b. A convolution has
// zx as an attribute, since its padding must hold it; a matrix product takes zx * (column sums of
// w) off its bias.
#include "compiler/passes/integer_products.h"

#include <fmt/core.h>
#include <cmath>

#include <algorithm>

#include "compiler/passes/affine.h"
#include "compiler/passes/pointwise_form.h"
#include "compiler/passes/quantized_weights.h"
#include "ops/reference.h"

namespace ingot {
namespace {

/// An operand that is a dequantised value, not a constant.
struct Activation {
  ValueId bytes;
  float scale = 1, zero = 0;
  explicit operator bool() const { return static_cast<bool>(bytes); }
};

Activation activation(const Graph& graph, ValueId value) {
  const NodeId maker = producer_of(graph, value, "DequantizeLinear");
  const auto parameters =
      maker ? tensor_quantization(graph, graph.node(maker)) : std::optional<TensorQuantization>{};
  if (!parameters) return {};
  return {graph.node(maker).inputs[0], parameters->scale, parameters->zero};
}

bool is_dequantized(const Graph& graph, ValueId value) {
  const NodeId maker = value ? producer_of(graph, value, "DequantizeLinear") : NodeId{};
  return maker && dtype_bits(graph.dtype(graph.node(maker).inputs[0])) == 8;
}

constexpr const char* kMixed = "one operand is an integer, the other an 8-bit float";

/// Integers by integers, or 8-bit floats by 8-bit floats.
bool multiplies(const Graph& graph, const Activation& x, const DequantizedConstant& weights) {
  return (graph.dtype(x.bytes) == DType::kF8E4M3) == (weights.dtype == DType::kF8E4M3);
}

/// A bias as floats, constant or dequantised from constants; nothing if the run computes it.
std::optional<std::vector<float>> constant_floats(const Graph& graph, ValueId value) {
  if (graph.value(value).is_constant()) return graph.value(value).type.constant.to_floats();
  const NodeId maker = producer_of(graph, value, "DequantizeLinear");
  if (!maker) return std::nullopt;
  std::vector<Tensor> inputs;
  for (ValueId input : graph.node(maker).inputs) {
    inputs.push_back(input ? graph.value(input).type.constant : Tensor());
    if (input && !inputs.back()) return std::nullopt;
  }
  const Node& node = graph.node(maker);
  return evaluate_op(*node.op, node.attributes, inputs, 1)[0].to_floats();
}

/// add(mul(in0,in1),in2), where one scale for all is a number and the bias may be absent.
class Epilogue {
 public:
  /// `shape_of` of one number for each output channel, as it broadcasts to the result.
  Epilogue(Graph* graph, const Shape& shape) : graph_(*graph), shape_(shape) {}

  void scale(const std::vector<float>& scales) {
    const bool one =
        std::all_of(scales.begin(), scales.end(), [&](float scale) { return scale == scales[0]; });
    result_ = expression_.add(ScalarOp::kMul, expression_.add_input(0),
                              one ? expression_.add_constant(scales[0]) : vector(scales));
  }
  void add(const std::vector<float>& bias) {
    if (std::all_of(bias.begin(), bias.end(), [](float x) { return x == 0; })) return;
    result_ = expression_.add(ScalarOp::kAdd, result_, vector(bias));
  }
  Expression finished() {
    expression_.finish(result_);
    return expression_;
  }
  const std::vector<ValueId>& extras() const { return extras_; }

 private:
  int vector(const std::vector<float>& values) {
    extras_.push_back(add_floats(&graph_, values, shape_, DType::kF32));
    return expression_.add_input(static_cast<int>(extras_.size()));
  }

  Graph& graph_;
  Shape shape_;
  Expression expression_;
  std::vector<ValueId> extras_;
  int result_ = 0;
};

std::vector<float> times(std::vector<float> scales, float factor) {
  for (float& scale : scales) scale *= factor;
  return scales;
}

std::string lower_convolution(Graph* graph, NodeId id) {
  const Node node = graph->node(id);
  const Activation x = activation(*graph, node.inputs[0]);
  if (!x) return "its input is not quantised to 8 bits with one constant scale";
  const auto constant = dequantized_constant(*graph, node.inputs[1]);
  if (!constant) return "its weights are no constants of 8 bits";
  const bool transposed = node.is("ConvTranspose");
  const int64_t groups = transposed ? attributes_of(*graph, id).integer("group") : 1;
  const QuantizedWeights weights = quantized_weights(
      *constant, transposed ? WeightKind::kConvTranspose : WeightKind::kConv, groups);
  if (!weights.why_not.empty()) return weights.why_not;
  if (!multiplies(*graph, x, *constant)) return kMixed;
  const ValueId bias = input_or_none(*graph, id, 2);
  const auto numbers = bias ? constant_floats(*graph, bias) : std::vector<float>{};
  if (!numbers) return "its bias is computed at run time";
  if (node.inputs.size() > 3) return "it has an epilogue already";

  Shape channels{static_cast<int64_t>(weights.scales.size())};
  for (int axis = 2; axis < weights.values.shape().rank(); ++axis) channels.push_back(1);
  Epilogue epilogue(graph, channels);
  epilogue.scale(times(weights.scales, x.scale));
  epilogue.add(*numbers);
  std::vector<ValueId> inputs = {x.bytes, graph->add_constant(weights.values)};
  if (!epilogue.extras().empty()) inputs.emplace_back();
  inputs.insert(inputs.end(), epilogue.extras().begin(), epilogue.extras().end());
  Attributes attributes = node.attributes;
  attributes.set("dtype", graph->dtype(node.outputs[0]));
  attributes.set("epilogue", epilogue.finished());
  if (x.zero != 0) attributes.set("x_zero", static_cast<int64_t>(x.zero));
  graph->set_op(id, *node.op, std::move(inputs), std::move(attributes));
  return {};
}

/// Sums over the rows of a matrix of weights, for each column.
std::vector<float> column_sums(const Tensor& weights) {
  const auto numbers = weights.as<int8_t>();
  const int64_t columns = weights.shape()[weights.shape().rank() - 1];
  std::vector<int64_t> sums(static_cast<size_t>(columns));
  for (size_t i = 0; i < numbers.size(); ++i) sums[i % sums.size()] += numbers[i];
  return {sums.begin(), sums.end()};
}

/// The constant that the only reader adds to each column of `product`; `reader` is none without.
struct AddedBias {
  NodeId reader;
  std::vector<float> values;
};
AddedBias added_bias(const Graph& graph, ValueId product) {
  const NodeId reader = sole_reader(graph, product);
  if (!reader || !graph.node(reader).is("Add")) return {};
  const Affine affine =
      match_affine(graph, reader, static_cast<int>(graph.dims(product).size()) - 1);
  if (!affine || affine.input != product) return {};
  return {reader, affine.shift};
}

std::string lower_by_weights(Graph* graph, NodeId id, const Activation& a,
                             DequantizedConstant constant) {
  const Node node = graph->node(id);
  Attributes attributes = node.attributes;
  const int rank = constant.integers.shape().rank();
  if (rank < 2) return "the constant operand is a vector";
  if (attributes.integer("transpose_b", 0) != 0) {
    constant = {with_swapped_axes(constant.integers), with_swapped_axes(constant.scales),
                constant.dtype};
    attributes.erase("transpose_b");
  }
  const QuantizedWeights weights = quantized_weights(constant, WeightKind::kMatMul, 1);
  if (!weights.why_not.empty()) return weights.why_not;
  if (!multiplies(*graph, a, constant)) return kMixed;
  if (a.zero != 0 && rank > 2) return "its input has a zero point and its weights are batches";

  const std::vector<float> scales = times(weights.scales, a.scale);
  std::vector<float> bias(scales.size(), 0.0F);
  if (a.zero != 0) {
    bias = column_sums(weights.values);
    for (size_t c = 0; c < bias.size(); ++c) bias[c] *= -a.zero * scales[c];
  }
  const ValueId product = node.outputs[0];
  const AddedBias added = added_bias(*graph, product);
  for (size_t c = 0; c < added.values.size(); ++c) bias[c] += added.values[c];

  Epilogue epilogue(graph, Shape{static_cast<int64_t>(scales.size())});
  epilogue.scale(scales);
  epilogue.add(bias);
  std::vector<ValueId> inputs = {a.bytes, graph->add_constant(weights.values)};
  inputs.insert(inputs.end(), epilogue.extras().begin(), epilogue.extras().end());
  attributes.set("dtype", graph->dtype(product));
  attributes.set("epilogue", epilogue.finished());
  graph->set_op(id, *node.op, std::move(inputs), std::move(attributes));
  if (added.reader) {
    const std::string name = graph->value(graph->node(added.reader).outputs[0]).name;
    graph->replace(added.reader, product);
    graph->set_name(product, name);
  }
  return {};
}

/// Both operands are computed at run time.
std::string lower_by_activation(Graph* graph, NodeId id, const Activation& a, const Activation& b) {
  if (a.zero != 0) return "its first operand has a zero point, and the second is no constant";
  const bool floats = graph->dtype(a.bytes) == DType::kF8E4M3;
  if (graph->dtype(b.bytes) != (floats ? DType::kF8E4M3 : DType::kI8)) {
    return floats ? kMixed : "its second operand is no i8";
  }
  if (b.zero != 0) return "its second operand has a zero point";
  const Node node = graph->node(id);
  Epilogue epilogue(graph, Shape{});
  epilogue.scale({a.scale * b.scale});
  Attributes attributes = node.attributes;
  attributes.set("dtype", graph->dtype(node.outputs[0]));
  attributes.set("epilogue", epilogue.finished());
  graph->set_op(id, *node.op, {a.bytes, b.bytes}, std::move(attributes));
  return {};
}

std::string lower_matmul(Graph* graph, NodeId id) {
  const Node node = graph->node(id);
  const Activation a = activation(*graph, node.inputs[0]);
  if (!a) return "its first operand is not quantised to 8 bits with one constant scale";
  if (node.inputs.size() > 2) return "it has an epilogue already";
  if (auto constant = dequantized_constant(*graph, node.inputs[1])) {
    return lower_by_weights(graph, id, a, std::move(*constant));
  }
  const Activation b = activation(*graph, node.inputs[1]);
  if (!b) return "its second operand is not quantised to 8 bits with one constant scale";
  return lower_by_activation(graph, id, a, b);
}

}  // namespace

bool reads_quantized(const Graph& graph, NodeId product) {
  const Node& node = graph.node(product);
  if (!node.is("Conv") && !node.is("ConvTranspose") && !node.is("MatMul")) return false;
  return is_dequantized(graph, node.inputs[0]) || is_dequantized(graph, node.inputs[1]);
}

bool reads_float8(const Graph& graph, NodeId product) {
  const Node& node = graph.node(product);
  return std::any_of(node.inputs.begin(), node.inputs.begin() + 2, [&](ValueId input) {
    const NodeId maker = producer_of(graph, input, "DequantizeLinear");
    return maker && graph.dtype(graph.node(maker).inputs[0]) == DType::kF8E4M3;
  });
}

std::string lower_product(Graph* graph, NodeId product) {
  return graph->node(product).is("MatMul") ? lower_matmul(graph, product)
                                           : lower_convolution(graph, product);
}

}  // namespace ingot
