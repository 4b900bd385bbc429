// Operators of ONNX Runtime's domain "com.microsoft" whose meaning is one of ONNX's own, or a few.
//
//   com.microsoft.SkipLayerNormalization(x, skip, g, b)    =>    LayerNormalization(Add(x, skip), g, b)
#include <fmt/format.h>

#include "compiler/onnx/opset_rewrites/rewrite.h"

namespace ingot::onnx {
namespace {

constexpr std::string_view kMicrosoft = "com.microsoft";

Attributes with(std::string name, AttributeValue value) {
  Attributes attributes;
  attributes.set(std::move(name), std::move(value));
  return attributes;
}

void gelu(Rewriting& node) { node.finish({node.emit("Gelu", {node.input(0)})}); }

void fast_gelu(Rewriting& node) {
  ValueId x = node.input(0);
  if (node.has_input(1)) x = node.emit("Add", {x, node.input(1)});
  node.finish({node.emit("Gelu", {x}, with("approximate", std::string("tanh")))});
}

void bias_gelu(Rewriting& node) {
  node.finish({node.emit("Gelu", {node.emit("Add", {node.input(0), node.input(1)})})});
}

void quick_gelu(Rewriting& node) {
  const float alpha = node.take_number("alpha").value_or(1.702F);
  node.finish({node.emit("Swish", {node.input(0)}, with("alpha", alpha))});
}

/// The outputs between (mean, inverse deviation) exist in training only.
void check_training_outputs(Rewriting& node) {
  if (!node.output_is_read(1) && !node.output_is_read(2)) return;
  node.fail("onnx.training_output", fmt::format("{}: the mean and deviation are read", node.op),
            "export the model for inference");
}

void skip_normalization(Rewriting& node, std::string_view op, float default_epsilon, size_t bias) {
  check_training_outputs(node);
  const float epsilon = node.take_number("epsilon").value_or(default_epsilon);
  ValueId sum = node.emit("Add", {node.input(0), node.input(1)});
  if (node.has_input(bias)) sum = node.emit("Add", {sum, node.input(bias)});
  std::vector<ValueId> inputs{sum, node.input(2)};
  if (op == "LayerNormalization" && node.has_input(3)) inputs.push_back(node.input(3));
  Attributes attributes = with("epsilon", epsilon);
  attributes.set("axis", int64_t{-1});
  const ValueId result = node.emit(op, inputs, attributes);
  node.finish({result, ValueId{}, ValueId{}, sum});
}

void skip_layer_normalization(Rewriting& node) {
  skip_normalization(node, "LayerNormalization", 1e-12F, 4);
}

void skip_simplified_layer_normalization(Rewriting& node) {
  skip_normalization(node, "RMSNormalization", 1e-5F, 3);
}

void simplified_layer_normalization(Rewriting& node) {
  node.take("stash_type");
  Attributes attributes = with("epsilon", node.take_number("epsilon").value_or(1e-5F));
  attributes.set("axis", node.take_integer("axis").value_or(-1));
  node.finish({node.emit("RMSNormalization", {node.input(0), node.input(1)}, attributes)});
}

ValueId transposed_last_axes(Rewriting& node, ValueId value) {
  std::vector<int64_t> order(node.value(value).type.dims.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
  if (order.size() >= 2) std::swap(order[order.size() - 1], order[order.size() - 2]);
  return node.emit("Transpose", {value}, with("perm", order));
}

void fused_matmul(Rewriting& node) {
  for (const std::string_view name : {"transBatchA", "transBatchB"}) {
    if (node.take_integer(name).value_or(0) != 0) {
      node.fail_unsupported(fmt::format("{}=1", name), "export the model without fused operators");
    }
  }
  ValueId a = node.input(0), b = node.input(1);
  if (node.take_integer("transA").value_or(0) != 0) a = transposed_last_axes(node, a);
  if (node.take_integer("transB").value_or(0) != 0) b = transposed_last_axes(node, b);
  ValueId product = node.emit("MatMul", {a, b});
  const float alpha = node.take_number("alpha").value_or(1);
  if (alpha != 1) product = node.emit("Mul", {product, node.scalar(alpha, node.dtype(0))});
  node.finish({product});
}

constexpr Rule kRules[] = {
    {"Gelu", kAlways, gelu, kMicrosoft},
    {"FastGelu", kAlways, fast_gelu, kMicrosoft},
    {"BiasGelu", kAlways, bias_gelu, kMicrosoft},
    {"QuickGelu", kAlways, quick_gelu, kMicrosoft},
    {"SkipLayerNormalization", kAlways, skip_layer_normalization, kMicrosoft},
    {"SkipSimplifiedLayerNormalization", kAlways, skip_simplified_layer_normalization, kMicrosoft},
    {"SimplifiedLayerNormalization", kAlways, simplified_layer_normalization, kMicrosoft},
    {"SimplifiedLayerNormalization", kAlways, simplified_layer_normalization},
    {"FusedMatMul", kAlways, fused_matmul, kMicrosoft},
};

}  // namespace

std::span<const Rule> contributed_rules() { return kRules; }

}  // namespace ingot::onnx
