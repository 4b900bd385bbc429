// Copies of one tensor to another layout or window.
#include "runtime/cuda/move_step.h"

namespace ingot {
namespace {

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  return std::make_unique<JitMoveStep>(context, movable_bytes_on_gpu(x.dtype),
                                       std::vector<Rectangle>{copy_of(x, context.outputs()[0])});
}

}  // namespace

extern const StepDef kJitCopy = {
    .kind = "jit.copy",
    .summary = "Copies a tensor to another layout or window.",
    .prepare = prepare,
};

}  // namespace ingot
