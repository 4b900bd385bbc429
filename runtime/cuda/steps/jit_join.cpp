// Several tensors into one (Concat), one into several (Split).
#include <algorithm>

#include "ops/infer.h"
#include "runtime/cuda/move_step.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

int axis_of(const StepContext& context, const StepTensor& whole) {
  return normalize_axis(context.attributes().integer("axis", 0), whole.shape.rank(),
                        context.name());
}

std::unique_ptr<PreparedStep> prepare_concat(const StepContext& context) {
  const StepTensor& y = context.outputs()[0];
  const int axis = axis_of(context, y);
  std::vector<Rectangle> moves;
  int64_t start = 0;
  for (size_t i = 0; i < context.inputs().size(); ++i) {
    const StepTensor& x = context.inputs()[i];
    Rectangle move;
    for (int k = 0; k < y.shape.rank(); ++k) {
      move.axes.push_back({x.shape[k], x.strides[k], y.strides[k]});
    }
    move.input = static_cast<int>(i);
    move.to = start * y.strides[axis];
    start += x.shape[axis];
    moves.push_back(std::move(move));
  }
  return std::make_unique<JitMoveStep>(context, movable_bytes_on_gpu(y.dtype), std::move(moves));
}

/// Sizes of the parts, those that nobody reads included.
std::vector<int64_t> part_sizes(const StepContext& context, int64_t whole, int axis) {
  const auto& outputs = context.outputs();
  const bool all_there =
      std::ranges::all_of(outputs, [](const StepTensor& y) { return y.present(); });
  std::vector<int64_t> sizes;
  if (all_there) {
    for (const StepTensor& y : outputs) sizes.push_back(y.shape[axis]);
    return sizes;
  }
  if (has_input(context, 1)) return constant_integers(context, 1);
  const auto count = static_cast<int64_t>(outputs.size());
  const int64_t size = (whole + count - 1) / count;
  for (int64_t left = whole; std::ssize(sizes) < count; left -= sizes.back()) {
    sizes.push_back(std::min(size, left));
  }
  return sizes;
}

std::unique_ptr<PreparedStep> prepare_split(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const int axis = axis_of(context, x);
  const std::vector<int64_t> sizes = part_sizes(context, x.shape[axis], axis);
  std::vector<Rectangle> moves;
  int64_t start = 0;
  for (size_t i = 0; i < context.outputs().size(); ++i) {
    const StepTensor& y = context.outputs()[i];
    if (y.present()) {
      Rectangle move = copy_of(x, y);
      move.output = static_cast<int>(i);
      move.from = start * x.strides[axis];
      moves.push_back(std::move(move));
    }
    start += sizes[i];
  }
  return std::make_unique<JitMoveStep>(context, movable_bytes_on_gpu(x.dtype), std::move(moves));
}

}  // namespace

extern const StepDef kJitConcat = {
    .kind = "jit.concat",
    .summary = "Copies tensors one after the other along an axis.",
    .prepare = prepare_concat,
};

extern const StepDef kJitSplit = {
    .kind = "jit.split",
    .summary = "Copies the parts of a tensor along an axis.",
    .prepare = prepare_split,
};

}  // namespace ingot
