// Copies: one tensor between layouts and windows, several into one (Concat), one into several
// (Split).
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cpu/move_step.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

std::unique_ptr<PreparedStep> prepare_copy(const StepContext& context) {
  auto step = std::make_unique<MoveStep>(context.threads());
  step->add(LayoutMove(context.inputs()[0], context.outputs()[0], context.threads()), 0, 0, 0, 0);
  return step;
}

std::unique_ptr<PreparedStep> prepare_concat(const StepContext& context) {
  const StepTensor& y = context.outputs()[0];
  const NodeAttributes node(op_named("Concat"), context.attributes());
  const int axis = node.axis("axis", y.shape.rank());
  auto step = std::make_unique<MoveStep>(context.threads());
  int64_t start = 0;
  for (size_t i = 0; i < context.inputs().size(); ++i) {
    const StepTensor& x = context.inputs()[i];
    if (x.elements() == 0) continue;
    int64_t offset = 0;
    const StepTensor window = window_of(y, axis, start, x.shape[axis], &offset);
    step->add(LayoutMove(x, window, context.threads()), static_cast<int>(i), 0, 0, offset);
    start += x.shape[axis];
  }
  return step;
}

std::unique_ptr<PreparedStep> prepare_split(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const NodeAttributes node(op_named("Split"), context.attributes());
  const int axis = node.axis("axis", x.shape.rank());
  auto step = std::make_unique<MoveStep>(context.threads());
  int64_t start = 0;
  for (size_t i = 0; i < context.outputs().size(); ++i) {
    const StepTensor& y = context.outputs()[i];
    // An output that nobody reads still has a size, which only the given sizes tell.
    if (!y.present()) unsupported(context, "a part that nobody reads");
    if (y.elements() == 0) continue;
    int64_t offset = 0;
    const StepTensor window = window_of(x, axis, start, y.shape[axis], &offset);
    step->add(LayoutMove(window, y, context.threads()), 0, offset, static_cast<int>(i), 0);
    start += y.shape[axis];
  }
  return step;
}

}  // namespace

extern const StepDef kCpuCopy = {
    .kind = "cpu.copy",
    .summary = "Copies a tensor to another layout or window.",
    .prepare = prepare_copy,
};

extern const StepDef kCpuConcat = {
    .kind = "cpu.concat",
    .summary = "Copies tensors one after the other along an axis.",
    .prepare = prepare_concat,
};

extern const StepDef kCpuSplit = {
    .kind = "cpu.split",
    .summary = "Copies the parts of a tensor along an axis.",
    .prepare = prepare_split,
};

}  // namespace ingot
