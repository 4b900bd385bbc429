// One line for each node of an expression; the operations are functions of kernels/common.
#include "compiler/jit/expression_code.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace ingot {
namespace {

std::string constant_code(float x, std::string_view value) {
  if (value == "long long") return fmt::format("{}LL", static_cast<int64_t>(x));
  if (!std::isfinite(x)) return fmt::format("__int_as_float({:#x})", std::bit_cast<uint32_t>(x));
  std::string digits = fmt::format("{}", x);
  if (digits.find_first_of(".e") == std::string::npos) digits += ".0";
  return digits + "f";
}

/// x to a small whole power is a few multiplications.
std::string power_code(const Expression& expression, const ExpressionNode& node) {
  const auto& exponent = expression.nodes()[static_cast<size_t>(node.operands[1])];
  if (exponent.op != ScalarOp::kConstant) return {};
  const int x = node.operands[0];
  if (exponent.value == 2) return fmt::format("v{0} * v{0}", x);
  if (exponent.value == 3) return fmt::format("v{0} * v{0} * v{0}", x);
  return {};
}

std::string node_code(const Expression& expression, const ExpressionNode& node,
                      std::string_view value) {
  if (node.op == ScalarOp::kInput) return fmt::format("in[{}]", node.index);
  if (node.op == ScalarOp::kConstant) return constant_code(node.value, value);
  if (node.op == ScalarOp::kPow) {
    const std::string power = power_code(expression, node);
    if (!power.empty()) return power;
  }
  const ScalarOpInfo& info = scalar_op_info(node.op);
  std::string code = fmt::format("op_{}(", info.name);
  for (int i = 0; i < info.operands; ++i) {
    code += fmt::format("{}v{}", i == 0 ? "" : ", ", node.operands[i]);
  }
  return code + ")";
}

bool is_integer_op(ScalarOp op) {
  switch (op) {
    case ScalarOp::kInput:
    case ScalarOp::kConstant:
    case ScalarOp::kAbs:
    case ScalarOp::kNeg:
    case ScalarOp::kRelu:
    case ScalarOp::kSign:
    case ScalarOp::kNot:
    case ScalarOp::kIsNan:
    case ScalarOp::kAdd:
    case ScalarOp::kSub:
    case ScalarOp::kMul:
    case ScalarOp::kDiv:
    case ScalarOp::kMin:
    case ScalarOp::kMax:
    case ScalarOp::kLess:
    case ScalarOp::kGreater:
    case ScalarOp::kEqual:
    case ScalarOp::kLessOrEqual:
    case ScalarOp::kGreaterOrEqual:
    case ScalarOp::kAnd:
    case ScalarOp::kOr:
    case ScalarOp::kXor:
    case ScalarOp::kSelect:
    case ScalarOp::kClip:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string expression_code(const Expression& expression, std::string_view name,
                            std::string_view value) {
  std::string code = fmt::format("__device__ inline {0} {1}(const {0}* in) {{\n", value, name);
  int number = 0;
  for (const ExpressionNode& node : expression.nodes()) {
    code +=
        fmt::format("  const {} v{} = {};\n", value, number++, node_code(expression, node, value));
  }
  return code + fmt::format("  return v{};\n}}\n", number - 1);
}

bool has_integer_code(const Expression& expression) {
  const auto nodes = expression.nodes();
  return std::all_of(nodes.begin(), nodes.end(), [](const ExpressionNode& node) {
    const bool whole = node.op != ScalarOp::kConstant ||
                       (std::fabs(node.value) < 9e18F && node.value == std::trunc(node.value));
    return whole && is_integer_op(node.op);
  });
}

}  // namespace ingot
