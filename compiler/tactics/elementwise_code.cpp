// Expressions by compiler/jit; the operators that no expression has, in a line of C++ each.
#include "compiler/tactics/elementwise_code.h"

#include <fmt/format.h>

#include <map>

#include "compiler/jit/expression_code.h"
#include "ops/elementwise_expression.h"

namespace ingot {
namespace {

/// A float of an attribute as C++.
std::string number(const NodeAttributes& node, std::string_view name) {
  return fmt::format("static_cast<float>({})", static_cast<double>(node.number(name)));
}

/// What is returned, with the inputs as in[0], in[1]; empty for operators that are not here.
std::string float_result(const NodeAttributes& node, size_t inputs) {
  static const std::map<std::string_view, std::string_view> functions = {
      {"Tan", "tanf"},     {"Asin", "asinf"},   {"Acos", "acosf"},
      {"Atan", "atanf"},   {"Sinh", "sinhf"},   {"Cosh", "coshf"},
      {"Asinh", "asinhf"}, {"Acosh", "acoshf"}, {"Atanh", "atanhf"}};
  const std::string_view op = node.op().name;
  if (const auto found = functions.find(op); found != functions.end()) {
    return fmt::format("{}(in[0])", found->second);
  }
  if (op == "Selu") {
    return fmt::format("{} * (in[0] > 0 ? in[0] : {} * expm1f(in[0]))", number(node, "gamma"),
                       number(node, "alpha"));
  }
  if (op == "Celu") {
    return fmt::format("op_max(in[0], 0.0f) + op_min({0} * expm1f(in[0] / {0}), 0.0f)",
                       number(node, "alpha"));
  }
  if (op == "ThresholdedRelu") {
    return fmt::format("in[0] > {} ? in[0] : 0.0f", number(node, "alpha"));
  }
  if (op == "Shrink") {
    return fmt::format("in[0] < -{0} ? in[0] + {1} : in[0] > {0} ? in[0] - {1} : 0.0f",
                       number(node, "lambd"), number(node, "bias"));
  }
  if (op == "IsInf") {
    return fmt::format(
        "({} && in[0] == __int_as_float(0x7f800000)) || "
        "({} && in[0] == __int_as_float(0xff800000))",
        node.integer("detect_positive") != 0, node.integer("detect_negative") != 0);
  }
  if (op == "Mod")
    return node.integer("fmod") != 0 ? "fmodf(in[0], in[1])" : "op_mod(in[0], in[1])";
  if (op == "Mean") {
    std::string sum = "in[0]";
    for (size_t i = 1; i < inputs; ++i) sum += fmt::format(" + in[{}]", i);
    return fmt::format("({}) / {}.0f", sum, inputs);
  }
  return {};
}

std::string integer_result(const NodeAttributes& node) {
  const std::string_view op = node.op().name;
  if (op == "Mod") {
    return node.integer("fmod") != 0 ? "op_remainder(in[0], in[1])" : "op_mod(in[0], in[1])";
  }
  if (op == "BitwiseAnd") return "in[0] & in[1]";
  if (op == "BitwiseOr") return "in[0] | in[1]";
  if (op == "BitwiseXor") return "in[0] ^ in[1]";
  if (op == "BitwiseNot") return "~in[0]";
  return {};
}

}  // namespace

ElementwiseCode elementwise_code(const Expression& expression, size_t inputs,
                                 std::string_view value) {
  if (expression.empty() || (value != "float" && !has_integer_code(expression))) return {};
  ElementwiseCode made{expression_code(expression, "pointwise_expression", value),
                       std::vector<bool>(inputs, false)};
  for (const ExpressionNode& node : expression.nodes()) {
    if (node.op == ScalarOp::kInput) made.read[static_cast<size_t>(node.index)] = true;
  }
  return made;
}

ElementwiseCode elementwise_code(const TacticNode& node, std::string_view value) {
  const auto inputs = static_cast<size_t>(node.input_count());
  if (node.op() == "Pointwise") {
    return elementwise_code(*node.attributes().expression("expression"), inputs, value);
  }
  if (node.op() == "Cast" || node.op() == "CastLike") {
    return elementwise_code(Expression::input(0), inputs, value);
  }
  std::vector<bool> given;
  for (int i = 0; i < node.input_count(); ++i) given.push_back(node.has_input(i));
  const OpDef& op = *node.node().op;
  const Expression expression = elementwise_expression(op, node.attributes(), given);
  if (!expression.empty()) return elementwise_code(expression, inputs, value);
  const NodeAttributes attributes(op, node.attributes());
  const std::string result = value == "float"       ? float_result(attributes, inputs)
                             : value == "long long" ? integer_result(attributes)
                                                    : "";
  if (result.empty()) return {};
  return {fmt::format("__device__ inline {0} pointwise_expression(const {0}* in) {{\n"
                      "  return {1};\n}}\n",
                      value, result),
          given};
}

}  // namespace ingot
