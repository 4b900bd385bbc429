// Bias and epilogue around a oneDNN primitive: see the header.
#include "runtime/cpu/dnnl/fused.h"

#include <algorithm>

#include "core/base/error.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {

namespace {

size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

/// `tensor`, which broadcasts to `original`, seen as broadcasting to `merged`: the same output as rows
/// and columns, or as an image of them (a pixel is a row). Nothing if its axes do not merge.
std::optional<StepTensor> merge_axes(const StepTensor& tensor, const Shape& original,
                                     const Shape& merged) {
  if (original == merged) return tensor;
  if (!tensor.dense() || tensor.layout != Layout::kPlain) return std::nullopt;
  const bool matrix = merged.rank() == 2;
  const int64_t columns = merged[1], all_rows = merged[matrix ? 0 : 2];
  const int64_t last = tensor.shape.rank() ? tensor.shape[tensor.shape.rank() - 1] : 1;
  if (last != columns && last != 1) return std::nullopt;
  const int64_t rows = last ? tensor.elements() / last : 0;
  if (rows != 1 && rows != all_rows) return std::nullopt;
  StepTensor result = tensor;
  result.shape = matrix ? Shape{rows, last} : Shape{1, last, rows, 1};
  result.buffer_shape = result.shape;
  result.strides = matrix ? Shape{last, 1} : Shape{rows * last, 1, last, last};
  return result;
}

/// Index of the extra that the epilogue adds first, if it is a vector along `axis` of `output`.
int leading_bias(const Expression& epilogue, const std::vector<StepTensor>& extras,
                 const Shape& output, int axis) {
  const auto nodes = epilogue.nodes();
  int accumulator = -1, readers = 0, adder = -1;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].op == ScalarOp::kInput && nodes[i].index == 0) accumulator = static_cast<int>(i);
    const int count = scalar_op_info(nodes[i].op).operands;
    for (int k = 0; k < count; ++k) {
      if (nodes[i].operands[k] != accumulator || accumulator < 0) continue;
      ++readers;
      adder = static_cast<int>(i);
    }
  }
  if (readers != 1 || nodes[static_cast<size_t>(adder)].op != ScalarOp::kAdd) return -1;
  const ExpressionNode& add = nodes[static_cast<size_t>(adder)];
  const int other = add.operands[0] == accumulator ? add.operands[1] : add.operands[0];
  const ExpressionNode& operand = nodes[static_cast<size_t>(other)];
  if (operand.op != ScalarOp::kInput) return -1;
  const StepTensor& bias = extras[static_cast<size_t>(operand.index) - 1];
  const bool vector = bias.elements() == output[axis] && bias.dense() && bias.shape.rank() > 0 &&
                      bias.constant && bias.shape[bias.shape.rank() - 1] == output[axis];
  return vector ? operand.index : -1;
}

/// The epilogue without the addition of input `bias` to the accumulator.
Expression without_bias(const Expression& epilogue, int bias) {
  Expression result;
  std::vector<int> moved;
  for (const ExpressionNode& node : epilogue.nodes()) {
    const int count = scalar_op_info(node.op).operands;
    const auto is_input = [&](int operand, int index) {
      const ExpressionNode& from = epilogue.nodes()[static_cast<size_t>(operand)];
      return from.op == ScalarOp::kInput && from.index == index;
    };
    if (node.op == ScalarOp::kInput) {
      moved.push_back(result.add_input(node.index));
    } else if (node.op == ScalarOp::kConstant) {
      moved.push_back(result.add_constant(node.value));
    } else if (node.op == ScalarOp::kAdd &&
               ((is_input(node.operands[0], 0) && is_input(node.operands[1], bias)) ||
                (is_input(node.operands[1], 0) && is_input(node.operands[0], bias)))) {
      moved.push_back(result.add_input(0));
    } else {
      int operands[3] = {-1, -1, -1};
      for (int k = 0; k < count; ++k) operands[k] = moved[static_cast<size_t>(node.operands[k])];
      moved.push_back(result.add(node.op, operands[0], operands[1], operands[2]));
    }
  }
  result.finish(moved.back());
  return result;
}

std::vector<StepTensor> extras_of(const StepContext& context, int first_extra) {
  const auto& inputs = context.inputs();
  const auto first = std::min(static_cast<size_t>(first_extra), inputs.size());
  return {inputs.begin() + static_cast<std::ptrdiff_t>(first), inputs.end()};
}

}  // namespace

size_t FusedPrimitive::columns_bytes() const {
  return aligned(static_cast<size_t>(columns_) * sizeof(float));
}

FusedPrimitive::FusedPrimitive(const StepContext& context, int first_extra,
                               const StepTensor& output, int bias_axis)
    : first_extra_(first_extra) {
  const std::vector<StepTensor> extras = extras_of(context, first_extra);
  extra_count_ = static_cast<int>(extras.size());
  attributes_.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const Expression* given = context.attributes().expression("epilogue");
  if (!given || given->empty()) return;
  Expression epilogue = *given;
  if (bias_axis >= 0) {
    const int bias = leading_bias(epilogue, extras, output.shape, bias_axis);
    if (bias > 0) {
      bias_input_ = first_extra + bias - 1;
      epilogue = without_bias(epilogue, bias);
    }
  }
  set_epilogue(context, epilogue, output);
}

FusedPrimitive::FusedPrimitive(const StepContext& context, int first_extra,
                               const StepTensor& output, const Integers& integers)
    : first_extra_(first_extra), integers_(true) {
  require_exact_sums(context);
  const std::vector<StepTensor> extras = extras_of(context, first_extra);
  const StepTensor& y = context.outputs()[0];
  extra_count_ = static_cast<int>(extras.size());
  attributes_.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const Expression* given = context.attributes().expression("epilogue");
  const bool plain = y.dtype == DType::kI32;
  ScaledEpilogue epilogue{{1}, {0}, Expression::input(0)};
  columns_ = y.shape[integers.column_axis];
  const auto columns = static_cast<size_t>(columns_);
  if (!plain && given && !given->empty()) {
    const bool has_bias = integers.bias_input >= 0 && has_input(context, integers.bias_input);
    const auto computed = has_bias ? std::optional<RunColumns>{}
                                   : run_columns(*given, extras, y.shape, integers.column_axis);
    if (computed) {
      run_scales_ = std::make_unique<ColumnKernel>(computed->scale, extras, first_extra, columns_);
      run_shifts_ = std::make_unique<ColumnKernel>(computed->shift, extras, first_extra, columns_);
      epilogue = {std::vector<float>(columns, 1), {0}, computed->rest};
    } else {
      epilogue = scaled_epilogue(*given, extras, y, integers.column_axis);
    }
  }
  scales_ = epilogue.scale;
  shifts_ = epilogue.bias;
  if (integers.bias_input >= 0 && has_input(context, integers.bias_input)) {
    const std::vector<float> bias = constant_floats(context, integers.bias_input);
    shifts_.resize(columns, shifts_[0]);
    for (size_t i = 0; i < columns; ++i)
      shifts_[i] += bias[i] * scales_[scales_.size() > 1 ? i : 0];
  }
  if (std::all_of(shifts_.begin(), shifts_.end(), [](float x) { return x == 0; })) shifts_.clear();
  if (!shifts_.empty()) shifts_.resize(columns, shifts_[0]);
  if (plain && !shifts_.empty()) unsupported(context, "a bias of a result of i32");
  scaled_ = !plain;
  if (scaled_) {
    attributes_.set_scales_mask(DNNL_ARG_WEIGHTS, scales_.size() > 1 ? integers.weights_mask : 0);
  }
  zero_ = static_cast<int32_t>(context.attributes().integer("x_zero", 0));
  if (zero_ != 0) attributes_.set_zero_points_mask(DNNL_ARG_SRC, 0);
  if (epilogue.rest.operation_count() > 0) set_epilogue(context, epilogue.rest, output);
}

void FusedPrimitive::set_epilogue(const StepContext& context, const Expression& epilogue,
                                  const StepTensor& output) {
  const std::vector<StepTensor> extras = extras_of(context, first_extra_);
  std::vector<StepTensor> merged;
  for (const StepTensor& extra : extras) {
    const auto seen = merge_axes(extra, context.outputs()[0].shape, output.shape);
    if (seen) merged.push_back(*seen);
  }
  if (merged.size() == extras.size()) {
    post_ops_ = post_ops_of(epilogue, merged, output.shape.rank());
  }
  if (post_ops_) {
    attributes_.set_post_ops(post_ops_->ops);
    return;
  }
  StepTensor results = context.outputs()[0];
  if (integers_ && results.dtype != DType::kF32) {
    staged_ = true;
    results.dtype = DType::kF32;
    results.buffer_shape = results.shape;
    results.strides = layout_strides(results.shape, results.layout);
  }
  std::vector<StepTensor> operands{results};
  operands.insert(operands.end(), extras.begin(), extras.end());
  tail_ = std::make_unique<PointwiseKernel>(epilogue, operands, context.outputs()[0],
                                            context.threads());
}

dnnl::memory::desc FusedPrimitive::result_desc(const StepTensor& output) const {
  if (!staged_) return dnnl_desc(output);
  StepTensor dense = output;
  dense.dtype = DType::kF32;
  if (!output.dense()) {
    dense.buffer_shape = output.shape;
    dense.strides = layout_strides(output.shape, output.layout);
  }
  return dnnl_desc(dense);
}

dnnl::memory::desc FusedPrimitive::integer_bias_desc(const Shape& shape) const {
  if (shifts_.empty() && !run_shifts_) return {};
  return plain_desc(DType::kF32, shape);
}

void FusedPrimitive::bind_integers(const dnnl::memory::desc& bias) {
  const auto count = static_cast<int64_t>(scales_.size());
  if (run_scales_) {
    bound_.bind_scratch(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS,
                        plain_desc(DType::kF32, Shape{columns_}), 0);
    bound_.bind_scratch(DNNL_ARG_BIAS, bias, columns_bytes());
  } else if (scaled_) {
    bound_.bind_constant(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS,
                         plain_desc(DType::kF32, Shape{count}), scales_.data());
  }
  if (zero_ != 0) {
    bound_.bind_constant(DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_SRC,
                         plain_desc(DType::kI32, Shape{1}), &zero_);
  }
  if (!shifts_.empty()) bound_.bind_constant(DNNL_ARG_BIAS, bias, shifts_.data());
}

dnnl::memory::desc bias_desc(const StepContext& context, int input) {
  const auto& inputs = context.inputs();
  const auto index = static_cast<size_t>(input);
  if (index >= inputs.size() || !inputs[index].present()) return {};
  return plain_desc(inputs[index].dtype, inputs[index].shape);
}

void FusedPrimitive::bind_bias(const StepContext& context, int input) {
  const dnnl::memory::desc desc = bias_desc(context, input);
  if (desc.is_zero()) return;
  const StepTensor& bias = context.inputs()[static_cast<size_t>(input)];
  if (bias.constant) {
    bound_.bind_constant(DNNL_ARG_BIAS, desc, bias.constant);
  } else {
    bound_.bind_input(DNNL_ARG_BIAS, desc, input);
  }
}

void FusedPrimitive::finish(const dnnl::primitive& primitive, const dnnl::memory::desc& output,
                            const dnnl::memory::desc& scratchpad, std::string implementation) {
  if (implementation.starts_with("ref")) {
    fail({"step.unsupported", "oneDNN has only its slow reference for this shape and layout", "",
          "another layout or tactic is faster"});
  }
  bound_.set_primitive(primitive);
  if (!staged_) bound_.bind_output(DNNL_ARG_DST, output, 0);
  if (post_ops_) {
    for (const PostOps::Operand& operand : post_ops_->operands) {
      bound_.bind_input(DNNL_ARG_ATTR_MULTIPLE_POST_OP(operand.position) | DNNL_ARG_SRC_1,
                        operand.desc, first_extra_ + operand.extra - 1);
    }
  }
  scratch_bytes_ = run_scales_ ? 2 * columns_bytes() : 0;
  if (const size_t bytes = scratchpad.get_size(); bytes > 0) {
    bound_.bind_scratch(DNNL_ARG_SCRATCHPAD, scratchpad, scratch_bytes_);
    scratch_bytes_ += bytes;
  }
  if (staged_) {
    const size_t at = aligned(scratch_bytes_);
    bound_.bind_scratch(DNNL_ARG_DST, output, at);
    staged_at_ = at;
    scratch_bytes_ = at + output.get_size();
  }
  implementation_ = std::move(implementation);
  if (tail_) implementation_ += "+pointwise";
}

void FusedPrimitive::run(const StepMemory& memory) {
  if (run_scales_) {
    auto* columns = static_cast<char*>(memory.scratch);
    run_scales_->run(memory, reinterpret_cast<float*>(columns));
    run_shifts_->run(memory, reinterpret_cast<float*>(columns + columns_bytes()));
  }
  bound_.run(memory);
  if (!tail_) return;
  std::vector<const void*> operands{memory.outputs[0]};
  if (staged_) operands[0] = static_cast<const char*>(memory.scratch) + staged_at_;
  operands.insert(operands.end(), memory.inputs + first_extra_,
                  memory.inputs + first_extra_ + extra_count_);
  tail_->run(operands.data(), memory.outputs[0]);
}

}  // namespace ingot
