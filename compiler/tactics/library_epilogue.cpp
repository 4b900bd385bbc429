// Splitting epilogues for libraries.
#include "compiler/tactics/library_epilogue.h"

namespace ingot {
namespace {

constexpr int kNoReader = -1;

int node_of_input(const Expression& expression, int index) {
  const auto nodes = expression.nodes();
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].op == ScalarOp::kInput && nodes[i].index == index) return static_cast<int>(i);
  }
  return kNoReader;
}

/// The node that reads `node`, if it is the only one and does so once.
int only_reader(const Expression& expression, int node) {
  int reader = kNoReader;
  const auto nodes = expression.nodes();
  for (size_t i = 0; i < nodes.size(); ++i) {
    for (const int operand : nodes[i].operands) {
      if (operand != node) continue;
      if (reader != kNoReader) return kNoReader;
      reader = static_cast<int>(i);
    }
  }
  return reader;
}

/// `expression` with the value of `node` as its input 0; empty if that is the result.
Expression from_node(const Expression& expression, int node) {
  if (node == expression.result()) return {};
  Expression rest;
  std::vector<int> moved;
  const auto nodes = expression.nodes();
  for (size_t i = 0; i < nodes.size(); ++i) {
    const ExpressionNode& old = nodes[i];
    const auto operand = [&](int k) {
      return old.operands[k] < 0 ? -1 : moved[static_cast<size_t>(old.operands[k])];
    };
    if (static_cast<int>(i) == node) {
      moved.push_back(rest.add_input(0));
    } else if (old.op == ScalarOp::kInput) {
      moved.push_back(rest.add_input(old.index));
    } else if (old.op == ScalarOp::kConstant) {
      moved.push_back(rest.add_constant(old.value));
    } else {
      moved.push_back(rest.add(old.op, operand(0), operand(1), operand(2)));
    }
  }
  rest.finish(moved[static_cast<size_t>(expression.result())]);
  return rest;
}

/// Takes the addition that is done first, if it is all that reads in0.
bool take_sum(LibraryEpilogue* split, const std::function<Addend(int)>& addend) {
  const Expression& expression = split->activation;
  const int value = node_of_input(expression, 0);
  const int reader = value == kNoReader ? kNoReader : only_reader(expression, value);
  if (reader == kNoReader) return false;
  const ExpressionNode& sum = expression.nodes()[static_cast<size_t>(reader)];
  if (sum.op != ScalarOp::kAdd) return false;
  const int other = sum.operands[0] == value ? sum.operands[1] : sum.operands[0];
  const ExpressionNode& extra = expression.nodes()[static_cast<size_t>(other)];
  if (extra.op != ScalarOp::kInput || extra.index == 0) return false;
  const Addend kind = addend(extra.index);
  int* place = kind == Addend::kResidual ? &split->residual
               : kind == Addend::kBias   ? &split->bias
                                         : nullptr;
  if (!place || *place != 0) return false;
  *place = extra.index;
  split->activation = from_node(expression, reader);
  return true;
}

}  // namespace

LibraryEpilogue split_epilogue(const Expression* epilogue,
                               const std::function<Addend(int extra)>& addend) {
  LibraryEpilogue split;
  if (!epilogue || epilogue->empty()) return split;
  split.activation = *epilogue;
  const auto nothing_left = [&] {
    return split.activation.empty() || split.activation == Expression::input(0);
  };
  while (!nothing_left() && take_sum(&split, addend)) {}
  if (nothing_left()) split.activation = {};
  split.after_relu = split.activation;
  if (split.activation.empty()) return split;

  const int value = node_of_input(split.activation, 0);
  const int reader = value == kNoReader ? kNoReader : only_reader(split.activation, value);
  if (reader != kNoReader &&
      split.activation.nodes()[static_cast<size_t>(reader)].op == ScalarOp::kRelu) {
    split.relu = true;
    split.after_relu = from_node(split.activation, reader);
  }
  return split;
}

}  // namespace ingot
