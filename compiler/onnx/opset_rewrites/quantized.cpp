// Quantised operators of ONNX Runtime's domain "com.microsoft", as its quantiser writes them: the
// float operator between DequantizeLinear and QuantizeLinear.
//
//   com.microsoft.QLinearAdd(a, sa, za, b, sb, zb, sy, zy)
//       =>    QuantizeLinear(Add(DequantizeLinear(a, sa, za), DequantizeLinear(b, sb, zb)), sy, zy)
#include "compiler/onnx/opset_rewrites/rewrite.h"

namespace ingot::onnx {
namespace {

constexpr std::string_view kMicrosoft = "com.microsoft";

Attributes with(std::string name, AttributeValue value) {
  Attributes attributes;
  attributes.set(std::move(name), std::move(value));
  return attributes;
}

ValueId optional_input(const Rewriting& node, size_t i) {
  return node.has_input(i) ? node.input(i) : ValueId{};
}

/// The value of inputs first, first + 1 (scale), first + 2 (zero point, optional).
ValueId dequantized(Rewriting& node, size_t first, int64_t axis = 1) {
  std::vector<ValueId> inputs = {node.input(first), node.input(first + 1)};
  if (node.has_input(first + 2)) inputs.push_back(node.input(first + 2));
  Attributes attributes;
  if (axis != 1) attributes.set("axis", axis);  // 1 is the default
  return node.emit("DequantizeLinear", inputs, attributes);
}

/// The node's result: rounded with scale `first` and zero point `first` + 1, which is 0 of type `like`
/// where it is absent.
void finish_quantized(Rewriting& node, ValueId result, size_t first, DType like) {
  const ValueId zero = node.has_input(first + 1) ? node.input(first + 1) : node.scalar(0, like);
  node.finish({node.emit("QuantizeLinear", {result, node.input(first), zero})});
}

void binary(Rewriting& node, std::string_view op) {
  const ValueId a = dequantized(node, 0), b = dequantized(node, 3);
  finish_quantized(node, node.emit(op, {a, b}), 6, node.dtype(0));
}

void q_linear_add(Rewriting& node) { binary(node, "Add"); }
void q_linear_mul(Rewriting& node) { binary(node, "Mul"); }

/// An operator of one value, with the attributes that it has.
void unary(Rewriting& node, std::string_view op) {
  Attributes attributes;
  for (const OpAttribute& attribute : op_named(op).attributes) {
    if (auto value = node.take(attribute.name)) {
      attributes.set(std::string(attribute.name), std::move(*value));
    }
  }
  const ValueId result = node.emit(op, {dequantized(node, 0)}, attributes);
  finish_quantized(node, result, 3, node.dtype(0));
}

void q_linear_sigmoid(Rewriting& node) { unary(node, "Sigmoid"); }
void q_linear_leaky_relu(Rewriting& node) { unary(node, "LeakyRelu"); }

void refuse_channels_last(Rewriting& node) {
  if (node.take_integer("channels_last").value_or(0) == 0) return;
  node.fail_unsupported("channels_last=1", "quantise the model without layout optimisations");
}

void q_linear_average_pool(Rewriting& node) {
  refuse_channels_last(node);
  unary(node, "AveragePool");
}

void q_linear_global_average_pool(Rewriting& node) {
  refuse_channels_last(node);
  unary(node, "GlobalAveragePool");
}

void q_linear_softmax(Rewriting& node) {
  // Before opset 13 a Softmax went over all axes from `axis` on.
  constexpr int64_t kFirstOfOneAxis = 13;
  const int64_t last = node.rank(0) - 1;
  const int64_t axis = node.take_integer("axis").value_or(-1);
  const bool along_one = node.take_integer("opset").value_or(kFirstOfOneAxis) >= kFirstOfOneAxis;
  if (!along_one && axis != -1 && axis != last) {
    node.fail_unsupported("a Softmax over several axes", "export the model with opset 13 or newer");
  }
  node.attributes.set("axis", axis);
  unary(node, "Softmax");
}

void q_linear_reduce_mean(Rewriting& node) {
  const auto axes = node.take_integers("axes");
  const int64_t keep = node.take_integer("keepdims").value_or(1);
  std::vector<ValueId> inputs = {dequantized(node, 0)};
  if (axes) inputs.push_back(node.constant(*axes));
  const ValueId mean = node.emit("ReduceMean", inputs, with("keepdims", keep));
  finish_quantized(node, mean, 3, node.dtype(0));
}

void q_linear_concat(Rewriting& node) {
  constexpr size_t kFirst = 2, kEach = 3;
  std::vector<ValueId> parts;
  for (size_t i = kFirst; i < node.inputs.size(); i += kEach) parts.push_back(dequantized(node, i));
  const int64_t axis = node.take_integer("axis").value_or(0);
  const ValueId result = node.emit("Concat", parts, with("axis", axis));
  finish_quantized(node, result, 0, node.dtype(kFirst));
}

void q_linear_where(Rewriting& node) {
  const ValueId x = dequantized(node, 1), y = dequantized(node, 4);
  finish_quantized(node, node.emit("Where", {node.input(0), x, y}), 7, node.dtype(1));
}

/// The bias is an integer with scale alpha * a_scale * b_scale.
void q_gemm(Rewriting& node) {
  const int64_t trans_a = node.take_integer("transA").value_or(0);
  const int64_t trans_b = node.take_integer("transB").value_or(0);
  const float alpha = node.take_number("alpha").value_or(1);
  Attributes attributes;
  if (alpha != 1) attributes.set("alpha", alpha);
  if (trans_a != 0) attributes.set("transA", trans_a);
  if (trans_b != 0) attributes.set("transB", trans_b);
  // Scales of b belong to its columns, which a transposed b has as rows.
  std::vector<ValueId> inputs = {dequantized(node, 0), dequantized(node, 3, trans_b ? 0 : 1)};
  if (node.has_input(6)) {
    ValueId scale = node.emit("Mul", {node.input(1), node.input(4)});
    if (alpha != 1) scale = node.emit("Mul", {scale, node.scalar(alpha, DType::kF32)});
    const ValueId bias = node.emit("Cast", {node.input(6)}, with("to", DType::kF32));
    inputs.push_back(node.emit("Mul", {bias, scale}));
  }
  const ValueId result = node.emit("Gemm", inputs, attributes);
  if (!node.has_input(7)) return node.finish({result});
  finish_quantized(node, result, 7, node.dtype(0));
}

/// (a - a_zero) * (b - b_zero) * a_scale * b_scale + bias.
void scaled_product(Rewriting& node, ValueId a, ValueId a_scale, ValueId a_zero, size_t b,
                    ValueId b_scale, ValueId b_zero, ValueId bias) {
  const ValueId sum = node.emit("MatMulInteger", {a, node.input(b), a_zero, b_zero});
  const ValueId number = node.emit("Cast", {sum}, with("to", DType::kF32));
  const ValueId scale = node.emit("Mul", {a_scale, b_scale});
  ValueId result = node.emit("Mul", {number, scale});
  if (bias) result = node.emit("Add", {result, bias});
  node.finish({result});
}

void matmul_integer_to_float(Rewriting& node) {
  scaled_product(node, node.input(0), node.input(2), optional_input(node, 4), 1, node.input(3),
                 optional_input(node, 5), optional_input(node, 6));
}

void dynamic_quantize_matmul(Rewriting& node) {
  const NodeId quantize = node.context().scope.graph().add_node(
      op_named("DynamicQuantizeLinear"), {node.input(0)}, {}, {node.context().name}, {}, 3);
  const std::vector<ValueId> a = node.context().scope.graph().node(quantize).outputs;
  scaled_product(node, a[0], a[1], a[2], 1, node.input(2), optional_input(node, 3),
                 optional_input(node, 4));
}

/// The same operators as ONNX's own, from the time when those lacked some types.
void same_as_onnx(Rewriting& node, std::string_view op) {
  Attributes attributes;
  if (const auto axis = node.take_integer("axis")) attributes.set("axis", *axis);
  node.finish({node.emit(op, node.inputs, attributes)});
}
void quantize_linear(Rewriting& node) { same_as_onnx(node, "QuantizeLinear"); }
void dequantize_linear(Rewriting& node) { same_as_onnx(node, "DequantizeLinear"); }

constexpr Rule kRules[] = {
    {"QLinearAdd", kAlways, q_linear_add, kMicrosoft},
    {"QLinearMul", kAlways, q_linear_mul, kMicrosoft},
    {"QLinearSigmoid", kAlways, q_linear_sigmoid, kMicrosoft},
    {"QLinearLeakyRelu", kAlways, q_linear_leaky_relu, kMicrosoft},
    {"QLinearAveragePool", kAlways, q_linear_average_pool, kMicrosoft},
    {"QLinearGlobalAveragePool", kAlways, q_linear_global_average_pool, kMicrosoft},
    {"QLinearSoftmax", kAlways, q_linear_softmax, kMicrosoft},
    {"QLinearReduceMean", kAlways, q_linear_reduce_mean, kMicrosoft},
    {"QLinearConcat", kAlways, q_linear_concat, kMicrosoft},
    {"QLinearWhere", kAlways, q_linear_where, kMicrosoft},
    {"QGemm", kAlways, q_gemm, kMicrosoft},
    {"MatMulIntegerToFloat", kAlways, matmul_integer_to_float, kMicrosoft},
    {"DynamicQuantizeMatMul", kAlways, dynamic_quantize_matmul, kMicrosoft},
    {"QuantizeLinear", kAlways, quantize_linear, kMicrosoft},
    {"DequantizeLinear", kAlways, dequantize_linear, kMicrosoft},
};

}  // namespace

std::span<const Rule> quantized_rules() { return kRules; }

}  // namespace ingot::onnx
