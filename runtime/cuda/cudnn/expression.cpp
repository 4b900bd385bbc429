// Pointwise expressions as operations of cuDNN's graphs.
#include <cmath>
#include <map>

#include "core/base/error.h"
#include "runtime/cuda/cudnn/graph.h"

namespace ingot {
namespace {

/// Operations of one tensor that cuDNN has under another name.
const std::map<ScalarOp, cudnnPointwiseMode_t>& unary_modes() {
  static const std::map<ScalarOp, cudnnPointwiseMode_t> modes = {
      {ScalarOp::kAbs, CUDNN_POINTWISE_ABS},
      {ScalarOp::kNeg, CUDNN_POINTWISE_NEG},
      {ScalarOp::kExp, CUDNN_POINTWISE_EXP},
      {ScalarOp::kLog, CUDNN_POINTWISE_LOG},
      {ScalarOp::kSqrt, CUDNN_POINTWISE_SQRT},
      {ScalarOp::kRsqrt, CUDNN_POINTWISE_RSQRT},
      {ScalarOp::kReciprocal, CUDNN_POINTWISE_RECIPROCAL},
      {ScalarOp::kErf, CUDNN_POINTWISE_ERF},
      {ScalarOp::kTanh, CUDNN_POINTWISE_TANH_FWD},
      {ScalarOp::kSigmoid, CUDNN_POINTWISE_SIGMOID_FWD},
      {ScalarOp::kRelu, CUDNN_POINTWISE_RELU_FWD},
      {ScalarOp::kSilu, CUDNN_POINTWISE_SWISH_FWD},
      {ScalarOp::kGelu, CUDNN_POINTWISE_GELU_FWD},
      {ScalarOp::kGeluTanh, CUDNN_POINTWISE_GELU_APPROX_TANH_FWD},
      {ScalarOp::kSoftplus, CUDNN_POINTWISE_SOFTPLUS_FWD},
      {ScalarOp::kFloor, CUDNN_POINTWISE_FLOOR},
      {ScalarOp::kCeil, CUDNN_POINTWISE_CEIL},
      {ScalarOp::kSin, CUDNN_POINTWISE_SIN},
      {ScalarOp::kCos, CUDNN_POINTWISE_COS},
  };
  return modes;
}

const std::map<ScalarOp, cudnnPointwiseMode_t>& binary_modes() {
  static const std::map<ScalarOp, cudnnPointwiseMode_t> modes = {
      {ScalarOp::kAdd, CUDNN_POINTWISE_ADD}, {ScalarOp::kSub, CUDNN_POINTWISE_SUB},
      {ScalarOp::kMul, CUDNN_POINTWISE_MUL}, {ScalarOp::kDiv, CUDNN_POINTWISE_DIV},
      {ScalarOp::kMin, CUDNN_POINTWISE_MIN}, {ScalarOp::kMax, CUDNN_POINTWISE_MAX},
  };
  return modes;
}

const ExpressionNode& operand(const Expression& expression, const ExpressionNode& node, int i) {
  return expression.nodes()[static_cast<size_t>(node.operands[i])];
}

bool constant_operand(const Expression& expression, const ExpressionNode& node, int i) {
  return operand(expression, node, i).op == ScalarOp::kConstant;
}

bool has_operation(const Expression& expression, const ExpressionNode& node) {
  const bool leaf = node.op == ScalarOp::kInput || node.op == ScalarOp::kConstant;
  if (!leaf && !binary_modes().contains(node.op) && constant_operand(expression, node, 0)) {
    return false;
  }
  switch (node.op) {
    case ScalarOp::kInput:
    case ScalarOp::kHardSwish:
    case ScalarOp::kMish:
      return true;
    case ScalarOp::kConstant:
      return std::isfinite(node.value);
    case ScalarOp::kPrelu:
    case ScalarOp::kElu:
      return constant_operand(expression, node, 1);
    case ScalarOp::kClip:
    case ScalarOp::kHardSigmoid:
      return constant_operand(expression, node, 1) && constant_operand(expression, node, 2);
    default:
      return unary_modes().contains(node.op) || binary_modes().contains(node.op);
  }
}

}  // namespace

bool cudnn_has_operations(const Expression& expression) {
  for (const ExpressionNode& node : expression.nodes()) {
    if (!has_operation(expression, node)) return false;
  }
  return true;
}

CudnnTensor CudnnGraph::apply_node(const ExpressionNode& node,
                                   const std::vector<CudnnTensor>& nodes,
                                   const Expression& expression) {
  const auto value = [&](int i) { return static_cast<double>(operand(expression, node, i).value); };
  const auto tensor = [&](int i) { return nodes[static_cast<size_t>(node.operands[i])]; };
  const auto clip = [&](CudnnTensor x, double low, double high) {
    return pointwise({CUDNN_POINTWISE_RELU_FWD,
                      {{CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP, low},
                       {CUDNN_ATTR_POINTWISE_RELU_UPPER_CLIP, high}}},
                     x);
  };
  const auto clipped_line = [&](CudnnTensor x, float slope, float offset) {
    const CudnnTensor scaled = pointwise({CUDNN_POINTWISE_MUL, {}}, x, scalar(slope));
    return clip(add(scaled, scalar(offset)), 0, 1);
  };
  switch (node.op) {
    case ScalarOp::kHardSwish:
      return pointwise({CUDNN_POINTWISE_MUL, {}}, tensor(0),
                       clipped_line(tensor(0), 1.0F / 6.0F, 0.5F));
    case ScalarOp::kHardSigmoid:
      return clipped_line(tensor(0), static_cast<float>(value(1)), static_cast<float>(value(2)));
    case ScalarOp::kClip:
      return clip(tensor(0), value(1), value(2));
    case ScalarOp::kMish: {
      const CudnnTensor t = pointwise({CUDNN_POINTWISE_SOFTPLUS_FWD, {}}, tensor(0));
      return pointwise({CUDNN_POINTWISE_MUL, {}}, tensor(0),
                       pointwise({CUDNN_POINTWISE_TANH_FWD, {}}, t));
    }
    case ScalarOp::kPrelu:
      return pointwise(
          {CUDNN_POINTWISE_RELU_FWD, {{CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE, value(1)}}},
          tensor(0));
    case ScalarOp::kElu:
      return pointwise({CUDNN_POINTWISE_ELU_FWD, {{CUDNN_ATTR_POINTWISE_ELU_ALPHA, value(1)}}},
                       tensor(0));
    default:
      break;
  }
  const auto unary = unary_modes().find(node.op);
  if (unary != unary_modes().end()) return pointwise({unary->second, {}}, tensor(0));
  return pointwise({binary_modes().at(node.op), {}}, tensor(0), tensor(1));
}

CudnnTensor CudnnGraph::apply(const Expression& expression,
                              const std::vector<CudnnTensor>& inputs) {
  if (!cudnn_has_operations(expression)) {
    fail({"step.unsupported", "cuDNN lacks an operation of the epilogue " + expression.to_string(),
          "", "another tactic serves"});
  }
  // Constants become tensors only where an operation reads them as such.
  std::vector<CudnnTensor> nodes;
  for (const ExpressionNode& node : expression.nodes()) {
    if (node.op == ScalarOp::kInput) {
      nodes.push_back(inputs[static_cast<size_t>(node.index)]);
    } else if (node.op == ScalarOp::kConstant) {
      nodes.push_back({});
    } else {
      if (binary_modes().contains(node.op)) {
        for (int i = 0; i < 2; ++i) {
          CudnnTensor& operand_tensor = nodes[static_cast<size_t>(node.operands[i])];
          if (operand_tensor.index < 0) {
            operand_tensor = scalar(operand(expression, node, i).value);
          }
        }
      }
      nodes.push_back(apply_node(node, nodes, expression));
    }
  }
  return nodes.back();
}

}  // namespace ingot
