// Following u8 values to where they were rounded.
#include "compiler/tactics/quantised_range.h"

#include <algorithm>
#include <string_view>

namespace ingot {
namespace {

constexpr int kFarthest = 32;  ///< nodes that are followed

/// The inputs whose elements are the node's results, as they are or between each other.
std::vector<ValueId> moved_inputs(const Node& node) {
  static constexpr std::string_view kMovers[] = {
      "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Slice",
      "Split",   "Gather",    "Expand",  "Resize",    "MaxPool", "Tile",     "DepthToSpace"};
  if (node.is("Concat")) return node.inputs;
  if (std::ranges::find(kMovers, node.op->name) == std::end(kMovers)) return {};
  return {node.inputs[0]};
}

bool ends_at_127(const Graph& graph, ValueId value, int steps) {
  const Value& at = graph.value(value);
  if (at.is_constant()) {
    const std::vector<int64_t> numbers = at.type.constant.to_integers();
    return std::ranges::all_of(numbers, [](int64_t number) { return number <= 127; });
  }
  if (!at.producer || steps == 0) return false;
  const Node& node = graph.node(at.producer);
  for (const char* name : {"epilogue", "expression"}) {
    const Expression* expression = node.attributes.expression(name);
    if (expression && !expression->empty()) return ingot::ends_at_127(*expression);
  }
  const std::vector<ValueId> moved = moved_inputs(node);
  return !moved.empty() && std::ranges::all_of(moved, [&](ValueId input) {
    return ends_at_127(graph, input, steps - 1);
  });
}

}  // namespace

bool ends_at_127(const Expression& expression) {
  const auto nodes = expression.nodes();
  const ExpressionNode& last = nodes[static_cast<size_t>(expression.result())];
  if (last.op != ScalarOp::kMin) return false;
  return std::any_of(last.operands, last.operands + 2, [&](int operand) {
    const ExpressionNode& limit = nodes[static_cast<size_t>(operand)];
    return limit.op == ScalarOp::kConstant && limit.value <= 127.0F;
  });
}

bool holds_i8_numbers(const Graph& graph, ValueId value) {
  const DType dtype = graph.dtype(value);
  return dtype == DType::kI8 || (dtype == DType::kU8 && ends_at_127(graph, value, kFarthest));
}

}  // namespace ingot
