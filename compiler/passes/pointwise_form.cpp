// Elementwise nodes as pointwise expressions: operands from inputs, constants and attributes.
#include "compiler/passes/pointwise_form.h"

#include <algorithm>
#include <cmath>

namespace ingot {

bool is_pointwise_float(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16;
}

bool is_quantized_byte(DType dtype) {
  return dtype == DType::kI8 || dtype == DType::kU8 || dtype == DType::kF8E4M3;
}

namespace {

class Reader {
 public:
  Reader(const Graph& graph, NodeId id)
      : graph_(graph), node_(graph.node(id)), attributes_(attributes_of(graph, id)) {}

  std::optional<PointwiseForm> read() {
    const bool quantizes = node_.is("QuantizeLinear") || node_.is("DequantizeLinear");
    if (!quantizes && !types_fit()) return std::nullopt;
    const int result = quantizes ? quantization() : is_cluster() ? copy() : build();
    if (result < 0) return std::nullopt;
    form_.expression.finish(result);
    return dims_fit() ? std::optional(std::move(form_)) : std::nullopt;
  }

 private:
  bool is_cast() const { return node_.is("Cast"); }
  bool is_cluster() const { return node_.is("Pointwise"); }

  bool types_fit() const {
    const ScalarOp op = node_.op->traits.scalar;
    if (node_.outputs.size() != 1 || (op == ScalarOp::kInput && !is_cast() && !is_cluster())) {
      return false;
    }
    if (is_cast() && !is_pointwise_float(graph_.dtype(node_.outputs[0]))) return false;
    const DType result = graph_.dtype(node_.outputs[0]);
    const bool to_bool = result == DType::kBool;
    if (!is_pointwise_float(result) && !to_bool && !(is_cluster() && is_quantized_byte(result))) {
      return false;
    }
    for (size_t i = 0; i < node_.inputs.size(); ++i) {
      if (!node_.inputs[i]) continue;
      const DType dtype = graph_.dtype(node_.inputs[i]);
      const bool condition = op == ScalarOp::kSelect && i == 0;
      if (condition ? dtype != DType::kBool : !fits(node_.inputs[i], dtype)) return false;
    }
    return !to_bool || op != ScalarOp::kNot;
  }

  /// A Pow's exponent may be an integer constant.
  bool fits(ValueId input, DType dtype) const {
    return is_pointwise_float(dtype) || (is_cluster() && is_quantized_byte(dtype)) ||
           (node_.op->traits.scalar == ScalarOp::kPow && graph_.value(input).is_constant());
  }

  /// Also false for a node of nothing but one-element constants, which folds instead.
  bool dims_fit() const {
    if (form_.inputs.empty()) return false;
    SymbolicShape dims;
    for (ValueId input : form_.inputs) dims = broadcast(dims, graph_.dims(input), node_.op->name);
    return dims == graph_.dims(node_.outputs[0]);
  }

  /// The expression node of input i, or of `fallback` where the input is absent.
  int operand(size_t i, float fallback = 0) {
    if (i >= node_.inputs.size() || !node_.inputs[i])
      return form_.expression.add_constant(fallback);
    const ValueId input = node_.inputs[i];
    const Value& value = graph_.value(input);
    if (value.is_constant() && value.type.constant.elements() == 1) {
      return form_.expression.add_constant(value.type.constant.to_floats()[0]);
    }
    auto& inputs = form_.inputs;
    auto found = std::find(inputs.begin(), inputs.end(), input);
    if (found == inputs.end()) found = inputs.insert(inputs.end(), input);
    return form_.expression.add_input(static_cast<int>(found - inputs.begin()));
  }

  int constant(std::string_view attribute) {
    return form_.expression.add_constant(attributes_.number(attribute));
  }

  /// The expression that a node holds already.
  int copy() {
    std::vector<int> operands;
    for (size_t i = 0; i < node_.inputs.size(); ++i) operands.push_back(operand(i));
    return form_.expression.inline_expression(*node_.attributes.expression("expression"), operands);
  }

  /// mul(in0,1/s), z added; or mul(in0,s), z subtracted before. Scales of one number only.
  int quantization() {
    const auto parameters = tensor_quantization(graph_, node_);
    if (!parameters) return -1;
    Expression& e = form_.expression;
    const auto [scale, zero] = *parameters;
    int x = operand(0);
    if (node_.is("QuantizeLinear")) {
      x = e.add(ScalarOp::kMul, x, e.add_constant(1 / scale));
      return zero == 0 ? x : e.add(ScalarOp::kAdd, x, e.add_constant(zero));
    }
    if (zero != 0) x = e.add(ScalarOp::kSub, x, e.add_constant(zero));
    return e.add(ScalarOp::kMul, x, e.add_constant(scale));
  }

  int build() {
    Expression& e = form_.expression;
    const ScalarOp op = node_.op->traits.scalar;
    switch (op) {
      case ScalarOp::kInput:
        return operand(0);
      case ScalarOp::kDiv:
        return divided();
      case ScalarOp::kGelu:
        return e.add(attributes_.text("approximate") == "tanh" ? ScalarOp::kGeluTanh : op,
                     operand(0));
      case ScalarOp::kSilu: {
        const float alpha = attributes_.number("alpha");
        const int x = operand(0);
        if (alpha == 1) return e.add(op, x);
        const int scaled = e.add(ScalarOp::kMul, x, e.add_constant(alpha));
        return e.add(ScalarOp::kMul, x, e.add(ScalarOp::kSigmoid, scaled));
      }
      case ScalarOp::kHardSigmoid: {
        const int x = operand(0), alpha = constant("alpha");
        return e.add(op, x, alpha, constant("beta"));
      }
      case ScalarOp::kElu: {
        const int x = operand(0);
        return e.add(op, x, constant("alpha"));
      }
      case ScalarOp::kPrelu: {
        const int x = operand(0);
        return e.add(op, x, node_.inputs.size() == 1 ? constant("alpha") : operand(1));
      }
      case ScalarOp::kClip:
        return clip();
      default:
        return generic(op);
    }
  }

  int clip() {
    Expression& e = form_.expression;
    const bool low = node_.inputs.size() > 1 && node_.inputs[1];
    const bool high = node_.inputs.size() > 2 && node_.inputs[2];
    const int x = operand(0);
    if (low && high) {
      const int from = operand(1);
      return e.add(ScalarOp::kClip, x, from, operand(2));
    }
    if (low) return e.add(ScalarOp::kMax, x, operand(1));
    return high ? e.add(ScalarOp::kMin, x, operand(2)) : -1;
  }

  /// A product where the divisor is a number: a division takes several times as long.
  int divided() {
    Expression& e = form_.expression;
    const int a = operand(0);
    const auto divisor = uniform_constant(graph_, node_.inputs[1]);
    const bool single = divisor && graph_.value(node_.inputs[1]).type.constant.elements() == 1;
    if (!single || !std::isnormal(1 / *divisor)) return e.add(ScalarOp::kDiv, a, operand(1));
    return e.add(ScalarOp::kMul, a, e.add_constant(1 / *divisor));
  }

  /// Operands in order; a binary operation over more than two inputs (Max, Sum) is a chain.
  int generic(ScalarOp op) {
    Expression& e = form_.expression;
    const auto wanted = static_cast<size_t>(scalar_op_info(op).operands);
    const size_t given = node_.inputs.size();
    if (wanted == 1 && given == 1) return e.add(op, operand(0));
    if (wanted == 3 && given == 3) {
      const int a = operand(0), b = operand(1);
      return e.add(op, a, b, operand(2));
    }
    if (wanted != 2 || given < 2) return -1;
    int result = operand(0);
    for (size_t i = 1; i < given; ++i) result = e.add(op, result, operand(i));
    return result;
  }

  const Graph& graph_;
  const Node& node_;
  const NodeAttributes attributes_;
  PointwiseForm form_;
};

bool is_commutative(ScalarOp op) {
  return op == ScalarOp::kAdd || op == ScalarOp::kMul || op == ScalarOp::kMin ||
         op == ScalarOp::kMax;
}

}  // namespace

Expression with_accumulator_first(const Expression& expression) {
  Expression result;
  std::vector<int> renamed;
  std::vector<bool> depends;  // on in0
  for (const ExpressionNode& node : expression.nodes()) {
    int operands[3] = {-1, -1, -1};
    bool below = node.op == ScalarOp::kInput && node.index == 0;
    for (int i = 0; i < 3 && node.operands[i] >= 0; ++i) {
      operands[i] = renamed[static_cast<size_t>(node.operands[i])];
      below = below || depends[static_cast<size_t>(node.operands[i])];
    }
    if (is_commutative(node.op) && !depends[static_cast<size_t>(node.operands[0])] &&
        depends[static_cast<size_t>(node.operands[1])]) {
      std::swap(operands[0], operands[1]);
    }
    renamed.push_back(node.op == ScalarOp::kInput ? result.add_input(node.index)
                      : node.op == ScalarOp::kConstant
                          ? result.add_constant(node.value)
                          : result.add(node.op, operands[0], operands[1], operands[2]));
    depends.push_back(below);
  }
  result.finish(renamed.back());
  return result;
}

std::optional<TensorQuantization> tensor_quantization(const Graph& graph, const Node& node) {
  const bool quantizes = node.is("QuantizeLinear");
  if (!quantizes && !node.is("DequantizeLinear")) return std::nullopt;
  const ValueId bytes = quantizes ? node.outputs[0] : node.inputs[0];
  const ValueId floats = quantizes ? node.inputs[0] : node.outputs[0];
  if (!is_quantized_byte(graph.dtype(bytes)) || !is_pointwise_float(graph.dtype(floats))) {
    return std::nullopt;
  }
  // Clusters saturate; to do it otherwise is the operator's.
  if (quantizes && node.attributes.integer("saturate", 1) == 0) return std::nullopt;
  const auto scale = uniform_constant(graph, node.inputs[1]);
  const bool has_zero = node.inputs.size() > 2 && node.inputs[2];
  const auto zero = has_zero ? uniform_constant(graph, node.inputs[2]) : std::optional(0.0F);
  if (!scale || !zero || !std::isnormal(*scale) || !std::isnormal(1 / *scale)) return std::nullopt;
  return TensorQuantization{*scale, *zero};
}

std::optional<PointwiseForm> pointwise_form(const Graph& graph, NodeId id) {
  return Reader(graph, id).read();
}

}  // namespace ingot
