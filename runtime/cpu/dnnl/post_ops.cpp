// Epilogues as oneDNN post-ops: walks the expression from the accumulator to the result; every
// operation on the way must take the running value and, at most, constants or one extra.
#include "runtime/cpu/dnnl/post_ops.h"

#include <algorithm>

namespace ingot {
namespace {

using dnnl::algorithm;

struct Walk {
  std::span<const ExpressionNode> nodes;
  const std::vector<StepTensor>& extras;
  int rank;
  PostOps result;

  bool is_constant(int node) const {
    return nodes[static_cast<size_t>(node)].op == ScalarOp::kConstant;
  }
  float value(int node) const { return nodes[static_cast<size_t>(node)].value; }

  bool eltwise(algorithm kind, float alpha = 0, float beta = 0) {
    result.ops.append_eltwise(kind, alpha, beta);
    return true;
  }

  bool unary(ScalarOp op) {
    switch (op) {
      case ScalarOp::kRelu:
        return eltwise(algorithm::eltwise_relu);
      case ScalarOp::kAbs:
        return eltwise(algorithm::eltwise_abs);
      case ScalarOp::kNeg:
        return eltwise(algorithm::eltwise_linear, -1, 0);
      case ScalarOp::kExp:
        return eltwise(algorithm::eltwise_exp);
      case ScalarOp::kLog:
        return eltwise(algorithm::eltwise_log);
      case ScalarOp::kSqrt:
        return eltwise(algorithm::eltwise_sqrt);
      case ScalarOp::kTanh:
        return eltwise(algorithm::eltwise_tanh);
      case ScalarOp::kSigmoid:
        return eltwise(algorithm::eltwise_logistic);
      case ScalarOp::kSilu:
        return eltwise(algorithm::eltwise_swish, 1);
      case ScalarOp::kGelu:
        return eltwise(algorithm::eltwise_gelu_erf);
      case ScalarOp::kGeluTanh:
        return eltwise(algorithm::eltwise_gelu_tanh);
      case ScalarOp::kHardSwish:
        return eltwise(algorithm::eltwise_hardswish, 1.0F / 6, 0.5F);
      case ScalarOp::kSoftplus:
        return eltwise(algorithm::eltwise_soft_relu, 1);
      case ScalarOp::kMish:
        return eltwise(algorithm::eltwise_mish);
      case ScalarOp::kRound:
        return eltwise(algorithm::eltwise_round);
      default:
        return false;
    }
  }

  bool with_constant(ScalarOp op, float c, bool running_is_first) {
    switch (op) {
      case ScalarOp::kAdd:
        return eltwise(algorithm::eltwise_linear, 1, c);
      case ScalarOp::kMul:
        return eltwise(algorithm::eltwise_linear, c, 0);
      case ScalarOp::kSub:
        return running_is_first ? eltwise(algorithm::eltwise_linear, 1, -c)
                                : eltwise(algorithm::eltwise_linear, -1, c);
      case ScalarOp::kDiv:
        return running_is_first && eltwise(algorithm::eltwise_linear, 1.0F / c, 0);
      case ScalarOp::kMax:
        return eltwise(algorithm::eltwise_clip, c, 3.4e38F);
      case ScalarOp::kMin:
        return eltwise(algorithm::eltwise_clip, -3.4e38F, c);
      case ScalarOp::kPrelu:
        return running_is_first && eltwise(algorithm::eltwise_relu, c);
      case ScalarOp::kElu:
        return running_is_first && eltwise(algorithm::eltwise_elu, c);
      default:
        return false;
    }
  }

  bool with_extra(ScalarOp op, int extra, bool running_is_first) {
    algorithm kind;
    switch (op) {
      case ScalarOp::kAdd:
        kind = algorithm::binary_add;
        break;
      case ScalarOp::kMul:
        kind = algorithm::binary_mul;
        break;
      case ScalarOp::kMax:
        kind = algorithm::binary_max;
        break;
      case ScalarOp::kMin:
        kind = algorithm::binary_min;
        break;
      case ScalarOp::kSub:
        if (!running_is_first) return false;
        kind = algorithm::binary_sub;
        break;
      case ScalarOp::kDiv:
        if (!running_is_first) return false;
        kind = algorithm::binary_div;
        break;
      default:
        return false;
    }
    if (static_cast<size_t>(extra) > extras.size() || extra < 1) return false;
    const StepTensor& tensor = extras[static_cast<size_t>(extra) - 1];
    if (dnnl_type(tensor.dtype) == dnnl::memory::data_type::undef) return false;
    const dnnl::memory::desc desc = dnnl_desc(tensor, rank);
    result.operands.push_back({result.ops.len(), extra, desc});
    result.ops.append_binary(kind, desc);
    return true;
  }

  bool step(int node, int running) {
    const ExpressionNode& current = nodes[static_cast<size_t>(node)];
    const int count = scalar_op_info(current.op).operands;
    const auto uses = std::count(current.operands, current.operands + count, running);
    if (uses != 1) return false;
    if (count == 1) return unary(current.op);
    if (count == 2) {
      const bool first = current.operands[0] == running;
      const int other = current.operands[first ? 1 : 0];
      if (is_constant(other)) return with_constant(current.op, value(other), first);
      const ExpressionNode& operand = nodes[static_cast<size_t>(other)];
      return operand.op == ScalarOp::kInput && operand.index > 0 &&
             with_extra(current.op, operand.index, first);
    }
    const bool constants = current.operands[0] == running && is_constant(current.operands[1]) &&
                           is_constant(current.operands[2]);
    if (!constants) return false;
    const float b = value(current.operands[1]), c = value(current.operands[2]);
    if (current.op == ScalarOp::kClip) return eltwise(algorithm::eltwise_clip, b, c);
    if (current.op == ScalarOp::kHardSigmoid) {
      return eltwise(algorithm::eltwise_hardsigmoid, b, c);
    }
    return false;
  }
};

}  // namespace

std::optional<PostOps> post_ops_of(const Expression& epilogue,
                                   const std::vector<StepTensor>& extras, int rank) {
  Walk walk{epilogue.nodes(), extras, rank, {}};
  if (epilogue.empty()) return walk.result;
  int running = -1;
  for (int i = 0; i <= epilogue.result(); ++i) {
    const ExpressionNode& node = walk.nodes[static_cast<size_t>(i)];
    if (node.op == ScalarOp::kInput && node.index == 0) running = i;
  }
  if (running < 0) return std::nullopt;
  while (running != epilogue.result()) {
    // The one later node that reads the running value.
    int reader = -1;
    for (int i = running + 1; i <= epilogue.result(); ++i) {
      const ExpressionNode& node = walk.nodes[static_cast<size_t>(i)];
      const int count = scalar_op_info(node.op).operands;
      if (std::find(node.operands, node.operands + count, running) == node.operands + count) {
        continue;
      }
      if (reader >= 0) return std::nullopt;
      reader = i;
    }
    if (reader < 0 || !walk.step(reader, running)) return std::nullopt;
    running = reader;
  }
  return std::move(walk.result);
}

}  // namespace ingot
