// Folds the scale of a rounded result into the constants of what is rounded, so that fewer operations
// are done on each element.
//
//   y = Conv(x, w, _, s, b) {epilogue=expr(mul(relu(add(mul(in0,in1),in2)),k)), dtype=i8}
//       =>    y = Conv(x, w, _, k*s, k*b) {epilogue=expr(relu(add(mul(in0,in1),in2))), dtype=i8}
//   y = Pointwise(q) {expression=expr(add(mul(mul(sub(in0,z),a),k),c)), dtype=u8}
//       =>    y = Pointwise(q) {expression=expr(add(mul(sub(in0,z),a*k),c)), dtype=u8}
//
// A positive factor goes through sums, maxima, bounds and slopes; a number that is added goes into a
// vector that is added before. Only results that are rounded to bytes: floats keep their last digit.
#include <algorithm>
#include <map>

#include "compiler/passes/passes.h"
#include "compiler/passes/pointwise_form.h"

namespace ingot {
namespace {

/// How a constant extra is changed: factor * x + summand.
struct Change {
  float factor = 1, summand = 0;
};

/// One expression made anew, with factors moved towards its leaves.
class Rewriter {
 public:
  /// `changeable` tells for each input whether it is a constant that may be replaced.
  Rewriter(const Expression& old, const std::vector<bool>& changeable)
      : old_(old), changeable_(changeable), uses_(old.nodes().size()) {
    for (const ExpressionNode& node : old_.nodes()) {
      for (int16_t operand : node.operands) {
        if (operand >= 0) ++uses_[static_cast<size_t>(operand)];
      }
    }
  }

  Expression run() {
    made_.finish(copy(old_.result()));
    return made_;
  }
  /// By input.
  const std::map<int, Change>& changes() const { return changes_; }

 private:
  const ExpressionNode& node(int i) const { return old_.nodes()[static_cast<size_t>(i)]; }
  bool is_constant(int i) const { return node(i).op == ScalarOp::kConstant; }
  bool used_once(int i) const { return uses_[static_cast<size_t>(i)] == 1; }
  bool is_changeable(int i) const {
    return node(i).op == ScalarOp::kInput && used_once(i) &&
           changeable_[static_cast<size_t>(node(i).index)];
  }

  /// A product with a positive number.
  bool is_scale(int i) const {
    const ExpressionNode& n = node(i);
    return n.op == ScalarOp::kMul && is_constant(n.operands[1]) && node(n.operands[1]).value > 0;
  }

  /// Whether the node takes a positive factor without one more operation.
  bool takes_factor(int i) const {
    const ExpressionNode& n = node(i);
    if (n.op == ScalarOp::kConstant) return true;
    if (n.op == ScalarOp::kInput) return is_changeable(i);
    if (!used_once(i)) return false;
    switch (n.op) {
      case ScalarOp::kMul:
        return is_constant(n.operands[1]) || is_changeable(n.operands[1]);
      case ScalarOp::kPrelu:
        return takes_factor(n.operands[0]);
      case ScalarOp::kAdd:
      case ScalarOp::kSub:
      case ScalarOp::kMax:
      case ScalarOp::kMin:
      case ScalarOp::kRelu:
      case ScalarOp::kClip:
        return std::all_of(std::begin(n.operands), std::end(n.operands),
                           [&](int operand) { return operand < 0 || takes_factor(operand); });
      default:
        return false;
    }
  }

  /// Once for each node: a vector below must not be changed once for each use of what is above.
  int copy(int i) {
    const auto [known, inserted] = copies_.try_emplace(i, 0);
    if (inserted) known->second = made_copy(i);
    return known->second;
  }

  int made_copy(int i) {
    const ExpressionNode& n = node(i);
    if (is_scale(i) && takes_factor(n.operands[0])) {
      return scaled(n.operands[0], node(n.operands[1]).value);
    }
    if (n.op == ScalarOp::kAdd && is_constant(n.operands[1]) && used_once(n.operands[0]) &&
        takes_summand(n.operands[0], node(n.operands[1]).value)) {
      return copy(n.operands[0]);
    }
    return with_operands(n, [this](int operand) { return copy(operand); });
  }

  /// Notes a number to add in the vector that `sum` adds; false if there is none.
  bool takes_summand(int sum, float number) {
    const ExpressionNode& n = node(sum);
    if (is_scale(sum) && used_once(n.operands[0]) && takes_factor(n.operands[0])) {
      return takes_summand(n.operands[0], number / node(n.operands[1]).value);
    }
    if (n.op != ScalarOp::kAdd || !is_changeable(n.operands[1])) return false;
    changes_[node(n.operands[1]).index].summand += number;
    return true;
  }

  /// A node that takes a factor, times that factor.
  int scaled(int i, float factor) {
    const ExpressionNode& n = node(i);
    const auto deeper = [&](int operand) { return scaled(operand, factor); };
    if (n.op == ScalarOp::kConstant) return made_.add_constant(n.value * factor);
    if (n.op == ScalarOp::kInput) {
      Change& change = changes_[n.index];
      change.factor *= factor;
      change.summand *= factor;
      return made_.add_input(n.index);
    }
    if (is_scale(i) && takes_factor(n.operands[0])) {
      return scaled(n.operands[0], factor * node(n.operands[1]).value);
    }
    if (n.op == ScalarOp::kMul) {
      return made_.add(n.op, copy(n.operands[0]), scaled(n.operands[1], factor));
    }
    if (n.op == ScalarOp::kPrelu) {
      return made_.add(n.op, scaled(n.operands[0], factor), copy(n.operands[1]));
    }
    return with_operands(n, deeper);
  }

  template <typename Visit>
  int with_operands(const ExpressionNode& n, const Visit& visit) {
    if (n.op == ScalarOp::kConstant) return made_.add_constant(n.value);
    if (n.op == ScalarOp::kInput) return made_.add_input(n.index);
    int operands[3] = {-1, -1, -1};
    for (int k = 0; k < 3 && n.operands[k] >= 0; ++k) operands[k] = visit(n.operands[k]);
    return made_.add(n.op, operands[0], operands[1], operands[2]);
  }

  const Expression& old_;
  const std::vector<bool>& changeable_;
  std::vector<int> uses_;
  Expression made_;
  std::map<int, int> copies_;
  std::map<int, Change> changes_;
};

/// Where the attribute with the expression is, and which input its in0 is.
struct Place {
  const char* attribute;
  size_t first;
};
std::optional<Place> place_of(const Graph& graph, const Node& node) {
  if (node.outputs.size() != 1 || !is_quantized_byte(graph.dtype(node.outputs[0]))) {
    return std::nullopt;
  }
  if (node.is("Pointwise")) return Place{"expression", 0};
  // in0 is the accumulator: in1 is the first extra.
  if (node.is("Conv") || node.is("ConvTranspose")) return Place{"epilogue", 2};
  if (node.is("MatMul")) return Place{"epilogue", 1};
  return std::nullopt;
}

void fold(Graph* graph, NodeId id) {
  const Node node = graph->node(id);
  const auto place = place_of(*graph, node);
  const Expression* old = place ? node.attributes.expression(place->attribute) : nullptr;
  if (!old || old->empty()) return;
  std::vector<bool> changeable;
  for (int i = 0; i < old->input_count(); ++i) {
    const size_t at = place->first + static_cast<size_t>(i);
    const bool accumulator = i == 0 && place->first > 0;
    changeable.push_back(!accumulator && graph->value(node.inputs[at]).is_constant() &&
                         graph->dtype(node.inputs[at]) == DType::kF32);
  }
  Rewriter rewriter(*old, changeable);
  const Expression made = rewriter.run();
  if (made.operation_count() >= old->operation_count()) return;
  std::vector<ValueId> inputs = node.inputs;
  for (const auto& [input, change] : rewriter.changes()) {
    const size_t at = place->first + static_cast<size_t>(input);
    const Tensor& tensor = graph->value(inputs[at]).type.constant;
    std::vector<float> values = tensor.to_floats();
    for (float& value : values) value = value * change.factor + change.summand;
    inputs[at] = add_floats(graph, values, tensor.shape(), DType::kF32);
  }
  Attributes attributes = node.attributes;
  attributes.set(place->attribute, made);
  graph->set_op(id, *node.op, inputs, attributes);
}

}  // namespace

Graph fold_output_scales(Graph graph, PassContext&) {
  for (NodeId id : graph.nodes()) fold(&graph, id);
  return graph;
}

}  // namespace ingot
