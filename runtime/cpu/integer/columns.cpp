// Splitting an epilogue where the run computes its first scales and shifts: see the header.
#include "runtime/cpu/integer/columns.h"

#include <algorithm>

#include "runtime/cpu/integer/epilogue.h"

namespace ingot {
namespace {

constexpr size_t kMostInputs = 16;

/// a op b over the same inputs.
Expression joined(ScalarOp op, const Expression& a, const Expression& b) {
  Expression result;
  std::vector<int> inputs;
  for (int i = 0; i < std::max(a.input_count(), b.input_count()); ++i) {
    inputs.push_back(result.add_input(i));
  }
  const int left = result.inline_expression(a, inputs);
  result.finish(result.add(op, left, result.inline_expression(b, inputs)));
  return result;
}

Expression number(float value) {
  Expression result;
  result.finish(result.add_constant(value));
  return result;
}

bool is_number(const Expression& expression, float value) {
  const ExpressionNode& last = expression.nodes().back();
  return last.op == ScalarOp::kConstant && last.value == value;
}

Expression product(const Expression& a, const Expression& b) {
  return is_number(a, 1) ? b : is_number(a, 0) ? a : joined(ScalarOp::kMul, a, b);
}

class Splitter {
 public:
  Splitter(const Expression& epilogue, const std::vector<StepTensor>& extras, const Shape& output,
           int axis)
      : epilogue_(epilogue), extras_(extras), output_(output), axis_(axis) {}

  std::optional<RunColumns> split() {
    const auto nodes = epilogue_.nodes();
    int last = 0;
    while (nodes[static_cast<size_t>(last)].op != ScalarOp::kInput ||
           nodes[static_cast<size_t>(last)].index != 0) {
      ++last;
    }
    for (int next = only_reader(nodes, last); next >= 0; next = only_reader(nodes, next)) {
      if (!take(nodes[static_cast<size_t>(next)], last)) break;
      last = next;
    }
    if (!computed_) return std::nullopt;
    return RunColumns{scale_, shift_, part_of(epilogue_, last, epilogue_.result())};
  }

 private:
  /// Takes an operation on the running value; false if it is of another kind.
  bool take(const ExpressionNode& node, int running) {
    const bool first = node.operands[0] == running;
    const bool affine = node.op == ScalarOp::kAdd || node.op == ScalarOp::kSub ||
                        node.op == ScalarOp::kMul || (node.op == ScalarOp::kDiv && first);
    if (!affine || node.operands[0] == node.operands[1]) return false;
    const Expression other = part_of(epilogue_, -1, node.operands[first ? 1 : 0]);
    if (!are_columns(other)) return false;
    if (node.op == ScalarOp::kMul) {
      scale_ = product(scale_, other);
      shift_ = product(shift_, other);
    } else if (node.op == ScalarOp::kDiv) {
      const Expression factor = joined(ScalarOp::kDiv, number(1), other);
      scale_ = product(scale_, factor);
      shift_ = product(shift_, factor);
    } else if (first || node.op == ScalarOp::kAdd) {
      shift_ = joined(node.op, shift_, other);
    } else {
      scale_ = product(scale_, number(-1));
      shift_ = joined(ScalarOp::kSub, other, shift_);
    }
    return true;
  }

  /// Whether all that it reads are numbers or columns; notes what the run computes.
  bool are_columns(const Expression& expression) {
    bool computed = false;
    for (const ExpressionNode& node : expression.nodes()) {
      if (node.op != ScalarOp::kInput) continue;
      if (node.index == 0) return false;
      const StepTensor& extra = extras_.at(static_cast<size_t>(node.index) - 1);
      if (!extra.present()) return false;
      const ExtraKind kind = extra_kind(extra, output_, axis_);
      if (kind != ExtraKind::kNumber && kind != ExtraKind::kColumns) return false;
      computed = computed || !extra.constant;
    }
    computed_ = computed_ || computed;
    return true;
  }

  const Expression& epilogue_;
  const std::vector<StepTensor>& extras_;
  const Shape& output_;
  int axis_;
  Expression scale_ = number(1), shift_ = number(0);
  bool computed_ = false;
};

}  // namespace

int only_reader(std::span<const ExpressionNode> nodes, int node) {
  int reader = -1;
  for (size_t i = static_cast<size_t>(node) + 1; i < nodes.size(); ++i) {
    const int count = scalar_op_info(nodes[i].op).operands;
    for (int k = 0; k < count; ++k) {
      if (nodes[i].operands[k] != node) continue;
      if (reader >= 0) return -1;
      reader = static_cast<int>(i);
    }
  }
  return reader;
}

Expression part_of(const Expression& epilogue, int from, int to) {
  Expression part;
  std::vector<int> moved;
  for (int i = 0; i <= to; ++i) {
    const ExpressionNode& node = epilogue.nodes()[static_cast<size_t>(i)];
    if (i == from) {
      moved.push_back(part.add_input(0));
    } else if (node.op == ScalarOp::kInput) {
      moved.push_back(part.add_input(node.index));
    } else if (node.op == ScalarOp::kConstant) {
      moved.push_back(part.add_constant(node.value));
    } else {
      int operands[3] = {-1, -1, -1};
      for (int k = 0; k < scalar_op_info(node.op).operands; ++k) {
        operands[k] = moved[static_cast<size_t>(node.operands[k])];
      }
      moved.push_back(part.add(node.op, operands[0], operands[1], operands[2]));
    }
  }
  part.finish(moved.back());
  return part;
}

std::optional<RunColumns> run_columns(const Expression& epilogue,
                                      const std::vector<StepTensor>& extras, const Shape& output,
                                      int column_axis) {
  if (epilogue.empty() || extras.size() > kMostInputs) return std::nullopt;
  return Splitter(epilogue, extras, output, column_axis).split();
}

ColumnKernel::ColumnKernel(const Expression& columns, const std::vector<StepTensor>& extras,
                           int first_extra, int64_t count) {
  Expression over_used;
  std::vector<int> inputs(static_cast<size_t>(columns.input_count()), -1);
  std::vector<StepTensor> tensors;
  for (const ExpressionNode& node : columns.nodes()) {
    if (node.op != ScalarOp::kInput) continue;
    const auto extra = static_cast<size_t>(node.index);
    inputs[extra] = over_used.add_input(static_cast<int>(tensors.size()));
    StepTensor tensor = extras[extra - 1];
    const bool one = tensor.elements() == 1;
    tensor.shape = tensor.buffer_shape = one ? Shape{} : Shape{count};
    tensor.strides = one ? Shape{} : Shape{1};
    tensor.layout = Layout::kPlain;
    tensors.push_back(tensor);
    inputs_.push_back(first_extra + node.index - 1);
  }
  over_used.finish(over_used.inline_expression(columns, inputs));
  StepTensor output{
      .dtype = DType::kF32, .shape = {count}, .buffer_shape = {count}, .strides = {1}};
  kernel_ = std::make_unique<PointwiseKernel>(over_used, tensors, output, 1);
}

void ColumnKernel::run(const StepMemory& memory, float* columns) const {
  const void* operands[kMostInputs] = {};
  for (size_t i = 0; i < inputs_.size(); ++i) operands[i] = memory.inputs[inputs_[i]];
  kernel_->run(operands, columns);
}

}  // namespace ingot
