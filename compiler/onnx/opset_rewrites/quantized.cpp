// Operators on quantised tensors that ONNX Runtime's quantisation writes ("com.microsoft", format
// QOperator): the float operator between DequantizeLinear and QuantizeLinear.
//
//   QLinearAdd(a, sa, za, b, sb, zb, sy, zy)    =>    Q(Add(DQ(a, sa, za), DQ(b, sb, zb)), sy, zy)
#include <fmt/format.h>

#include "compiler/onnx/opset_rewrites/rewrite.h"

namespace ingot::onnx {
namespace {

constexpr std::string_view kMicrosoft = "com.microsoft";

/// The float value of inputs first (data), first + 1 (scale) and first + 2 (zero point or absent).
ValueId dequantize(Rewriting& node, size_t first, int64_t axis = 1) {
  std::vector<ValueId> inputs = {node.input(first), node.input(first + 1)};
  if (node.has_input(first + 2)) inputs.push_back(node.input(first + 2));
  Attributes attributes;
  if (axis != 1) attributes.set("axis", axis);  // 1 is the default
  return node.emit("DequantizeLinear", inputs, attributes);
}

/// Ends the node with `value` quantised by inputs scale and scale + 1 (zero point or absent).
void finish_quantized(Rewriting& node, ValueId value, size_t scale, DType dtype) {
  const ValueId zero = node.has_input(scale + 1) ? node.input(scale + 1) : node.scalar(0, dtype);
  node.finish({node.emit("QuantizeLinear", {value, node.input(scale), zero})});
}

void two_operands(Rewriting& node, std::string_view op) {
  const ValueId result = node.emit(op, {dequantize(node, 0), dequantize(node, 3)});
  finish_quantized(node, result, 6, node.dtype(0));
}
void add(Rewriting& node) { two_operands(node, "Add"); }
void mul(Rewriting& node) { two_operands(node, "Mul"); }

/// Inputs x, its scale and zero point, the output's scale and zero point; attributes go on.
void one_operand(Rewriting& node, std::string_view op) {
  if (node.take_integer("channels_last").value_or(0) != 0) {
    node.fail_unsupported("channels_last=1", "quantise the model before its layout is changed");
  }
  const ValueId result = node.emit(op, {dequantize(node, 0)}, std::move(node.attributes));
  node.attributes = {};
  finish_quantized(node, result, 3, node.dtype(0));
}
void sigmoid(Rewriting& node) { one_operand(node, "Sigmoid"); }
void leaky_relu(Rewriting& node) { one_operand(node, "LeakyRelu"); }
void average_pool(Rewriting& node) { one_operand(node, "AveragePool"); }
void global_average_pool(Rewriting& node) { one_operand(node, "GlobalAveragePool"); }

void softmax(Rewriting& node) {
  constexpr int64_t kOneAxis = 13;  // before it, all axes from `axis` on were one
  const int64_t opset = node.take_integer("opset").value_or(kOneAxis);
  const int64_t axis = node.take_integer("axis").value_or(opset < kOneAxis ? 1 : -1);
  if (opset < kOneAxis && axis != -1 && axis != node.rank(0) - 1) {
    node.fail_unsupported(fmt::format("axis={} of opset {}", axis, opset),
                          "quantise a model of opset 13 or newer");
  }
  node.attributes.set("axis", axis);
  one_operand(node, "Softmax");
}

void concat(Rewriting& node) {
  constexpr size_t kFirst = 2, kEach = 3;  // behind the output's scale and zero point
  std::vector<ValueId> parts;
  for (size_t i = kFirst; i < node.inputs.size(); i += kEach) parts.push_back(dequantize(node, i));
  const ValueId result = node.emit("Concat", parts, std::move(node.attributes));
  node.attributes = {};
  finish_quantized(node, result, 0, node.dtype(kFirst));
}

void gemm(Rewriting& node) {
  constexpr size_t kBias = 6, kOutputScale = 7;
  const int64_t transposed = node.attributes.integer("transB");
  std::vector<ValueId> inputs = {dequantize(node, 0), dequantize(node, 3, transposed ? 0 : 1)};
  if (node.has_input(kBias)) {
    const ValueId scale = node.emit("Mul", {node.input(1), node.input(4)});
    Attributes attributes;
    attributes.set("axis", int64_t{0});
    inputs.push_back(node.emit("DequantizeLinear", {node.input(kBias), scale}, attributes));
  }
  const ValueId result = node.emit("Gemm", inputs, std::move(node.attributes));
  node.attributes = {};
  if (node.has_input(kOutputScale))
    return finish_quantized(node, result, kOutputScale, node.dtype(0));
  node.finish({result});
}

/// ONNX Runtime's own Q and DQ came before ONNX's had 16-bit types; they mean the same.
void quantize_linear(Rewriting& node) {
  node.finish({node.emit("QuantizeLinear", node.inputs, std::move(node.attributes))});
  node.attributes = {};
}
void dequantize_linear(Rewriting& node) {
  node.finish({node.emit("DequantizeLinear", node.inputs, std::move(node.attributes))});
  node.attributes = {};
}

constexpr Rule kRules[] = {
    {"QLinearAdd", kAlways, add, kMicrosoft},
    {"QLinearMul", kAlways, mul, kMicrosoft},
    {"QLinearSigmoid", kAlways, sigmoid, kMicrosoft},
    {"QLinearLeakyRelu", kAlways, leaky_relu, kMicrosoft},
    {"QLinearAveragePool", kAlways, average_pool, kMicrosoft},
    {"QLinearGlobalAveragePool", kAlways, global_average_pool, kMicrosoft},
    {"QLinearSoftmax", kAlways, softmax, kMicrosoft},
    {"QLinearConcat", kAlways, concat, kMicrosoft},
    {"QGemm", kAlways, gemm, kMicrosoft},
    {"QuantizeLinear", kAlways, quantize_linear, kMicrosoft},
    {"DequantizeLinear", kAlways, dequantize_linear, kMicrosoft},
};

}  // namespace

std::span<const Rule> quantized_rules() { return kRules; }

}  // namespace ingot::onnx
