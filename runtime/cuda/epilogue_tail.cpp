// Operands of the kernel that ends an epilogue.
#include "runtime/cuda/epilogue_tail.h"

#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

/// A vector as it broadcasts along axis 1 of a tensor of `rank` axes.
StepTensor along_channels(const StepTensor& vector, int rank) {
  StepTensor result = vector;
  for (int axis = 2; axis < rank; ++axis) {
    result.shape.push_back(1);
    result.strides.push_back(1);
  }
  result.buffer_shape = result.shape;
  return result;
}

}  // namespace

EpilogueTail::EpilogueTail(const StepContext& context, int first_extra, DType sums) {
  const Expression* tail = context.attributes().expression("tail");
  if (!tail) return;
  std::vector<StepTensor> operands(static_cast<size_t>(tail->input_count()));
  inputs_.assign(operands.size() - 1, -1);
  operands[0] = context.outputs()[0];
  if (sums != DType::kUndefined) operands[0].dtype = sums;
  for (const ExpressionNode& node : tail->nodes()) {
    if (node.op != ScalarOp::kInput || node.index == 0) continue;
    const bool bias = node.index == context.attributes().integer("tail_bias");
    const int input = first_extra - 1 + (bias ? 0 : node.index);
    if (!has_input(context, input)) unsupported(context, "an epilogue without its input");
    inputs_[static_cast<size_t>(node.index) - 1] = input;
    const StepTensor& tensor = context.inputs()[static_cast<size_t>(input)];
    operands[static_cast<size_t>(node.index)] =
        bias ? along_channels(tensor, context.outputs()[0].shape.rank()) : tensor;
  }
  kernel_.emplace(context, operands, context.outputs()[0], "pointwise");
}

void EpilogueTail::run(const StepMemory& memory, const void* sums) const {
  if (!kernel_) return;
  const void* operands[kernels::kMaxPointwiseInputs] = {sums ? sums : memory.outputs[0]};
  for (size_t i = 0; i < inputs_.size(); ++i) {
    operands[i + 1] = inputs_[i] < 0 ? nullptr : memory.inputs[inputs_[i]];
  }
  kernel_->launch(memory.stream, operands, memory.outputs[0]);
}

}  // namespace ingot
