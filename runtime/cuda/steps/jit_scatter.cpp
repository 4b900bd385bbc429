// ScatterElements, ScatterND: the data is copied, unless the output took over its memory, and the
// updates are put where the indices say.
#include "ops/infer.h"
#include "runtime/cuda/indexed.h"
#include "runtime/cuda/move_step.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

class ScatterOnGpu : public PreparedStep {
 public:
  ScatterOnGpu(const StepContext& context, IndexedWalk walk)
      : copy_(context, movable_bytes_on_gpu(context.outputs()[0].dtype),
              {copy_of(context.inputs()[0], context.outputs()[0])}, "copy_cubin") {
    const size_t bytes = movable_bytes_on_gpu(context.outputs()[0].dtype);
    if (context.attributes().text("reduction", "none") == "none") {
      replace_ = std::make_unique<IndexedKernels>(context, walk, bytes, "scatter");
    } else if (walk.elements() != 0) {
      walk.simplify();
      params_ = walk.params(context);
      reduce_ = std::make_unique<JitKernel<kernels::IndexedParams>>(context, "scatter_reduce");
    }
  }

  void run(const StepMemory& memory) override {
    copy_.run(memory);
    void* updates = const_cast<void*>(memory.inputs[2]);  // only read
    if (replace_) {
      replace_->run(memory.outputs[0], memory.inputs[1], updates, memory);
    } else if (reduce_) {
      kernels::IndexedParams params = params_;
      params.placed = memory.outputs[0];
      params.indices = memory.inputs[1];
      params.walked = updates;
      const LaunchShape shape{{blocks_for(params.elements, kernels::kIndexedThreads)},
                              {kernels::kIndexedThreads}};
      reduce_->launch(memory, shape, params);
    }
  }

 private:
  JitMoveStep copy_;
  std::unique_ptr<IndexedKernels> replace_;
  kernels::IndexedParams params_{};
  std::unique_ptr<JitKernel<kernels::IndexedParams>> reduce_;
};

std::unique_ptr<PreparedStep> prepare_elements(const StepContext& context) {
  const StepTensor& y = context.outputs()[0];
  const int axis =
      normalize_axis(context.attributes().integer("axis", 0), y.shape.rank(), context.name());
  return std::make_unique<ScatterOnGpu>(
      context, walk_elements(context, y, context.inputs()[1], context.inputs()[2], axis));
}

std::unique_ptr<PreparedStep> prepare_nd(const StepContext& context) {
  return std::make_unique<ScatterOnGpu>(
      context,
      walk_tuples(context, context.outputs()[0], context.inputs()[1], context.inputs()[2], 0));
}

}  // namespace

extern const StepDef kJitScatterElements = {
    .kind = "jit.scatter_elements",
    .summary = "Elements written by an index along an axis.",
    .prepare = prepare_elements,
};

extern const StepDef kJitScatterND = {
    .kind = "jit.scatter_nd",
    .summary = "Blocks written by tuples of indices.",
    .prepare = prepare_nd,
};

}  // namespace ingot
