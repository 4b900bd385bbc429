// Gather, GatherElements, GatherND. Constant indices in a few even rows are plain copies.
#include "ops/infer.h"
#include "runtime/cuda/indexed.h"
#include "runtime/cuda/move_step.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

class GatherOnGpu : public PreparedStep {
 public:
  GatherOnGpu(const StepContext& context, const IndexedWalk& walk)
      : kernels_(context, walk, movable_bytes_on_gpu(context.outputs()[0].dtype), "gather") {}

  void run(const StepMemory& memory) override {
    // The kernel of gathers only reads what is named by indices.
    kernels_.run(const_cast<void*>(memory.inputs[0]), memory.inputs[1], memory.outputs[0], memory);
  }
  std::string implementation() const override { return kernels_.implementation(); }

 private:
  IndexedKernels kernels_;
};

int axis_of(const StepContext& context) {
  return normalize_axis(context.attributes().integer("axis", 0), context.inputs()[0].shape.rank(),
                        context.name());
}

std::unique_ptr<PreparedStep> prepare_gather(const StepContext& context) {
  return std::make_unique<GatherOnGpu>(
      context, walk_gather(context, context.inputs()[0], context.inputs()[1], context.outputs()[0],
                           axis_of(context)));
}

std::unique_ptr<PreparedStep> prepare_gather_elements(const StepContext& context) {
  return std::make_unique<GatherOnGpu>(
      context, walk_elements(context, context.inputs()[0], context.inputs()[1],
                             context.outputs()[0], axis_of(context)));
}

std::unique_ptr<PreparedStep> prepare_gather_nd(const StepContext& context) {
  const auto batch_dims = static_cast<int>(context.attributes().integer("batch_dims", 0));
  return std::make_unique<GatherOnGpu>(
      context, walk_tuples(context, context.inputs()[0], context.inputs()[1], context.outputs()[0],
                           batch_dims));
}

/// Constant indices of rank 0 or 1, as rectangles: each an arithmetic progression of indices.
std::unique_ptr<PreparedStep> prepare_pick(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  const int axis = axis_of(context);
  const bool keeps_axis = context.inputs()[1].shape.rank() == 1;
  std::vector<int64_t> indices = constant_integers(context, 1);
  for (int64_t& index : indices) {
    if (index < 0) index += x.shape[axis];
    if (index < 0 || index >= x.shape[axis]) unsupported(context, "an index outside the axis");
  }
  std::vector<Rectangle> moves;
  for (size_t first = 0; first < indices.size();) {
    const int64_t step = first + 1 < indices.size() ? indices[first + 1] - indices[first] : 0;
    size_t end = first + 1;
    while (end < indices.size() && indices[end] - indices[end - 1] == step) ++end;
    Rectangle move;
    for (int k = 0; k < x.shape.rank(); ++k) {
      const int there = k > axis && !keeps_axis ? k - 1 : k;
      if (k != axis) {
        move.axes.push_back({x.shape[k], x.strides[k], y.strides[there]});
      } else if (keeps_axis) {
        move.axes.push_back({static_cast<int64_t>(end - first), step * x.strides[k], y.strides[k]});
      }
    }
    move.from = indices[first] * x.strides[axis];
    if (keeps_axis) move.to = static_cast<int64_t>(first) * y.strides[axis];
    moves.push_back(std::move(move));
    first = end;
  }
  return std::make_unique<JitMoveStep>(context, movable_bytes_on_gpu(x.dtype), std::move(moves));
}

}  // namespace

extern const StepDef kJitGather = {
    .kind = "jit.gather",
    .summary = "Slices picked by index.",
    .prepare = prepare_gather,
};

extern const StepDef kJitGatherElements = {
    .kind = "jit.gather_elements",
    .summary = "Elements picked by an index along an axis.",
    .prepare = prepare_gather_elements,
};

extern const StepDef kJitGatherND = {
    .kind = "jit.gather_nd",
    .summary = "Blocks picked by tuples of indices.",
    .prepare = prepare_gather_nd,
};

extern const StepDef kJitPick = {
    .kind = "jit.pick",
    .summary = "Slices picked by a few constant indices, as copies.",
    .prepare = prepare_pick,
};

}  // namespace ingot
