// Evaluates scales and zero points as whole tensors, so that any layout and granularity is read by
// the same few lines.
#include "compiler/passes/quantized_weights.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "compiler/passes/pointwise_form.h"
#include "ops/reference.h"

namespace ingot {
namespace {

Tensor filled(DType dtype, const Shape& shape, float value) {
  Attributes attributes;
  const Tensor number = Tensor::from_floats({{value}}, Shape{1});
  Attributes to;
  to.set("to", dtype);
  attributes.set("value", evaluate_op(op_named("Cast"), to, {number}, 1)[0]);
  const std::vector<int64_t> dims(shape.begin(), shape.end());
  return evaluate_op(op_named("ConstantOfShape"), attributes, {Tensor::from_integers(dims)}, 1)[0];
}

/// A constant, or what a QuantizeLinear makes of constants.
Tensor constant_of(const Graph& graph, ValueId value) {
  if (!value) return {};
  if (graph.value(value).is_constant()) return graph.value(value).type.constant;
  const NodeId maker = producer_of(graph, value, "QuantizeLinear");
  if (!maker) return {};
  const Node& node = graph.node(maker);
  std::vector<Tensor> inputs;
  for (ValueId input : node.inputs) {
    inputs.push_back(input ? graph.value(input).type.constant : Tensor());
    if (input && !inputs.back()) return {};
  }
  return evaluate_op(*node.op, node.attributes, inputs, 1)[0];
}

std::optional<DequantizedConstant> read_dequantize(const Graph& graph, const Node& node) {
  const Tensor bytes = constant_of(graph, node.inputs[0]);
  const Tensor scale = constant_of(graph, node.inputs[1]);
  const bool has_zero = node.inputs.size() > 2 && node.inputs[2];
  const Tensor zero = has_zero ? constant_of(graph, node.inputs[2]) : Tensor();
  if (!bytes || !scale || (has_zero && !zero) || !is_quantized_byte(bytes.dtype())) {
    return std::nullopt;
  }
  Attributes attributes = node.attributes;
  attributes.set("output_dtype", DType::kF32);
  std::vector<Tensor> inputs = {bytes, filled(DType::kF32, scale.shape(), 1)};
  if (zero) inputs.push_back(zero);
  const OpDef& op = op_named("DequantizeLinear");
  DequantizedConstant result;
  result.dtype = bytes.dtype();
  result.integers = evaluate_op(op, attributes, inputs, 1)[0];
  Attributes to;
  to.set("to", DType::kF32);
  const Tensor wide_scale = evaluate_op(op_named("Cast"), to, {scale}, 1)[0];
  const Tensor ones = filled(bytes.dtype(), bytes.shape(), 1);
  result.scales = evaluate_op(op, attributes, {ones, wide_scale}, 1)[0];
  return result;
}

/// The scale of each channel; empty if it differs within one.
std::vector<float> channel_scales(const Tensor& scales, WeightKind kind, int64_t groups) {
  const Shape& shape = scales.shape();
  const auto all = scales.as<float>();
  std::vector<float> result;
  const auto note = [&](size_t channel, float scale) {
    if (channel >= result.size()) result.resize(channel + 1, NAN);
    if (std::isnan(result[channel])) result[channel] = scale;
    return result[channel] == scale;
  };
  const int rank = shape.rank();
  const int64_t last = shape[rank - 1];
  const int64_t per_first = shape[0] ? shape.elements() / shape[0] : 0;
  const int64_t per_second = kind == WeightKind::kConvTranspose ? per_first / shape[1] : 0;
  for (int64_t i = 0; i < std::ssize(all); ++i) {
    int64_t channel = 0;
    if (kind == WeightKind::kMatMul) channel = i % last;
    if (kind == WeightKind::kConv) channel = i / per_first;
    if (kind == WeightKind::kConvTranspose) {
      const int64_t group = i / per_first / (shape[0] / groups);
      channel = group * shape[1] + i % per_first / per_second;
    }
    if (!note(static_cast<size_t>(channel), all[static_cast<size_t>(i)])) return {};
  }
  return result;
}

}  // namespace

std::optional<DequantizedConstant> dequantized_constant(const Graph& graph, ValueId value) {
  const NodeId maker = value ? graph.producer(value) : NodeId{};
  if (!maker) return std::nullopt;
  const Node& node = graph.node(maker);
  if (node.is("DequantizeLinear")) return read_dequantize(graph, node);
  const bool moves = node.is("Transpose") || node.op->traits.is_view;
  if (!moves || node.outputs.size() != 1) return std::nullopt;
  auto source = dequantized_constant(graph, node.inputs[0]);
  if (!source) return std::nullopt;
  std::vector<Tensor> inputs = {{}};
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    inputs.push_back(node.inputs[i] ? graph.value(node.inputs[i]).type.constant : Tensor());
    if (node.inputs[i] && !inputs.back()) return std::nullopt;
  }
  for (Tensor* tensor : {&source->integers, &source->scales}) {
    inputs[0] = *tensor;
    *tensor = evaluate_op(*node.op, node.attributes, inputs, 1)[0];
  }
  return source;
}

QuantizedWeights quantized_weights(const DequantizedConstant& constant, WeightKind kind,
                                   int64_t groups) {
  QuantizedWeights result;
  if (constant.integers.elements() == 0) {
    result.why_not = "the weights are empty";
    return result;
  }
  const auto numbers = constant.integers.as<float>();
  const auto [low, high] = std::minmax_element(numbers.begin(), numbers.end());
  const bool floats = constant.dtype == DType::kF8E4M3;
  if (!floats && (*low < -128 || *high > 127)) {
    result.why_not =
        fmt::format("the weights, less their zero points, go from {} to {}, which i8 does not hold",
                    *low, *high);
    return result;
  }
  result.scales = channel_scales(constant.scales, kind, groups);
  if (result.scales.empty()) {
    result.why_not = "the scales of the weights differ within an output channel";
    return result;
  }
  for (float scale : result.scales) {
    if (!std::isfinite(scale)) result.why_not = "a scale of the weights is not finite";
  }
  Attributes to;
  to.set("to", floats ? DType::kF8E4M3 : DType::kI8);
  result.values = evaluate_op(op_named("Cast"), to, {constant.integers}, 1)[0];
  return result;
}

Tensor with_swapped_axes(const Tensor& tensor) {
  std::vector<int64_t> perm(static_cast<size_t>(tensor.shape().rank()));
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  Attributes attributes;
  attributes.set("perm", perm);
  return evaluate_op(op_named("Transpose"), attributes, {tensor}, 1)[0];
}

}  // namespace ingot
