// Building expressions: equal nodes are stored once, unused ones dropped.
#include "core/node/expression.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "core/base/error.h"

namespace ingot {
namespace {

struct ScalarOpRow {
  ScalarOp op;
  ScalarOpInfo info;
};
constexpr ScalarOpRow kRows[] = {
    {ScalarOp::kInput, {"input", 0}},
    {ScalarOp::kConstant, {"constant", 0}},
    {ScalarOp::kAbs, {"abs", 1}},
    {ScalarOp::kNeg, {"neg", 1}},
    {ScalarOp::kExp, {"exp", 1}},
    {ScalarOp::kLog, {"log", 1}},
    {ScalarOp::kSqrt, {"sqrt", 1}},
    {ScalarOp::kRsqrt, {"rsqrt", 1}},
    {ScalarOp::kReciprocal, {"reciprocal", 1}},
    {ScalarOp::kErf, {"erf", 1}},
    {ScalarOp::kTanh, {"tanh", 1}},
    {ScalarOp::kSigmoid, {"sigmoid", 1}},
    {ScalarOp::kRelu, {"relu", 1}},
    {ScalarOp::kSilu, {"silu", 1}},
    {ScalarOp::kGelu, {"gelu", 1}},
    {ScalarOp::kGeluTanh, {"gelu_tanh", 1}},
    {ScalarOp::kHardSwish, {"hard_swish", 1}},
    {ScalarOp::kSoftplus, {"softplus", 1}},
    {ScalarOp::kSoftsign, {"softsign", 1}},
    {ScalarOp::kMish, {"mish", 1}},
    {ScalarOp::kFloor, {"floor", 1}},
    {ScalarOp::kCeil, {"ceil", 1}},
    {ScalarOp::kRound, {"round", 1}},
    {ScalarOp::kSign, {"sign", 1}},
    {ScalarOp::kSin, {"sin", 1}},
    {ScalarOp::kCos, {"cos", 1}},
    {ScalarOp::kNot, {"not", 1}},
    {ScalarOp::kIsNan, {"is_nan", 1}},
    {ScalarOp::kAdd, {"add", 2}},
    {ScalarOp::kSub, {"sub", 2}},
    {ScalarOp::kMul, {"mul", 2}},
    {ScalarOp::kDiv, {"div", 2}},
    {ScalarOp::kMin, {"min", 2}},
    {ScalarOp::kMax, {"max", 2}},
    {ScalarOp::kPow, {"pow", 2}},
    {ScalarOp::kLess, {"less", 2}},
    {ScalarOp::kGreater, {"greater", 2}},
    {ScalarOp::kEqual, {"equal", 2}},
    {ScalarOp::kLessOrEqual, {"less_or_equal", 2}},
    {ScalarOp::kGreaterOrEqual, {"greater_or_equal", 2}},
    {ScalarOp::kAnd, {"and", 2}},
    {ScalarOp::kOr, {"or", 2}},
    {ScalarOp::kXor, {"xor", 2}},
    {ScalarOp::kPrelu, {"prelu", 2}},
    {ScalarOp::kElu, {"elu", 2}},
    {ScalarOp::kSelect, {"select", 3}},
    {ScalarOp::kClip, {"clip", 3}},
    {ScalarOp::kHardSigmoid, {"hard_sigmoid", 3}},
};

constexpr bool rows_follow_the_enumeration() {
  for (size_t i = 0; i < std::size(kRows); ++i) {
    if (static_cast<size_t>(kRows[i].op) != i) return false;
  }
  return std::size(kRows) == kScalarOpCount;
}
static_assert(rows_follow_the_enumeration());

/// Unlike ==, tells 0 from -0 and finds NaN equal to itself.
bool same_node(const ExpressionNode& a, const ExpressionNode& b) {
  return a.op == b.op && std::ranges::equal(a.operands, b.operands) && a.index == b.index &&
         std::bit_cast<uint32_t>(a.value) == std::bit_cast<uint32_t>(b.value);
}

}  // namespace

const ScalarOpInfo& scalar_op_info(ScalarOp op) { return kRows[static_cast<size_t>(op)].info; }

Expression Expression::input(int index) {
  Expression expression;
  expression.add_input(index);
  return expression;
}

int Expression::add_node(const ExpressionNode& node) {
  // Expressions are small (tens of nodes): a search is cheaper than a table.
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (same_node(nodes_[i], node)) return static_cast<int>(i);
  }
  if (nodes_.size() >= static_cast<size_t>(std::numeric_limits<int16_t>::max())) {
    fail({"expression.too_large", "an expression of more than 32767 nodes", "",
          "split it into several"});
  }
  nodes_.push_back(node);
  return static_cast<int>(nodes_.size()) - 1;
}

int Expression::add_input(int index) {
  INGOT_CHECK(index >= 0 && index <= std::numeric_limits<int16_t>::max());
  ExpressionNode node;
  node.op = ScalarOp::kInput;
  node.index = static_cast<int16_t>(index);
  return add_node(node);
}

int Expression::add_constant(float value) {
  ExpressionNode node;
  node.value = value;
  return add_node(node);
}

int Expression::add(ScalarOp op, int a, int b, int c) {
  const std::array operands{a, b, c};
  ExpressionNode node;
  node.op = op;
  for (int i = 0; i < 3; ++i) {
    const int operand = operands[static_cast<size_t>(i)];
    const bool used = i < scalar_op_info(op).operands;
    INGOT_CHECK(used ? operand >= 0 && operand < static_cast<int>(nodes_.size()) : operand == -1);
    node.operands[i] = static_cast<int16_t>(operand);
  }
  return add_node(node);
}

int Expression::input_count() const {
  int count = 0;
  for (const ExpressionNode& node : nodes_) {
    if (node.op == ScalarOp::kInput) count = std::max(count, node.index + 1);
  }
  return count;
}

int Expression::operation_count() const {
  return static_cast<int>(std::ranges::count_if(
      nodes_, [](const ExpressionNode& node) { return scalar_op_info(node.op).operands > 0; }));
}

int Expression::inline_expression(const Expression& other, std::span<const int> inputs) {
  INGOT_CHECK(!other.empty() && other.input_count() <= static_cast<int>(inputs.size()));
  std::vector<int> copies;
  for (const ExpressionNode& node : other.nodes_) {
    const auto operand = [&](int i) {
      return node.operands[i] < 0 ? -1 : copies[static_cast<size_t>(node.operands[i])];
    };
    switch (node.op) {
      case ScalarOp::kInput:
        copies.push_back(inputs[static_cast<size_t>(node.index)]);
        break;
      case ScalarOp::kConstant:
        copies.push_back(add_constant(node.value));
        break;
      default:
        copies.push_back(add(node.op, operand(0), operand(1), operand(2)));
    }
  }
  return copies.back();
}

void Expression::finish(int result) {
  INGOT_CHECK(result >= 0 && result < static_cast<int>(nodes_.size()));
  // Operands stand before their readers, so one walk backwards finds what is used.
  std::vector<int> place(static_cast<size_t>(result) + 1, -1);
  place.back() = 0;
  for (size_t i = place.size(); i-- > 0;) {
    if (place[i] < 0) continue;
    for (const int16_t operand : nodes_[i].operands) {
      if (operand >= 0) place[static_cast<size_t>(operand)] = 0;
    }
  }
  std::vector<ExpressionNode> kept;
  for (size_t i = 0; i < place.size(); ++i) {
    if (place[i] < 0) continue;
    place[i] = static_cast<int>(kept.size());
    ExpressionNode node = nodes_[i];
    for (int16_t& operand : node.operands) {
      if (operand >= 0) operand = static_cast<int16_t>(place[static_cast<size_t>(operand)]);
    }
    kept.push_back(node);
  }
  nodes_ = std::move(kept);
}

}  // namespace ingot
