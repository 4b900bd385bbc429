// Copies between windows of host memory, which steps on the host leave to be joined and cut.
#include "runtime/engine/step_inputs.h"

#include "ops/strided_copy.h"

namespace ingot {
namespace {

class HostCopy : public PreparedStep {
 public:
  explicit HostCopy(const StepContext& context) {
    const StepTensor& x = context.inputs()[0];
    const StepTensor& y = context.outputs()[0];
    width_ = element_width(x.dtype, "a copy");
    for (int axis = 0; axis < y.shape.rank(); ++axis) {
      axes_.push_back({y.shape[axis], x.strides[axis], y.strides[axis]});
    }
    empty_ = y.elements() == 0;
  }

  void run(const StepMemory& memory) override {
    if (!empty_) copy_strided(axes_, memory.inputs[0], memory.outputs[0], width_);
  }

 private:
  std::vector<CopyAxis> axes_;
  size_t width_ = 1;
  bool empty_ = false;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<HostCopy>(context);
}

}  // namespace

extern const StepDef kHostCopy = {
    .kind = "host.copy",
    .summary = "Copies a tensor in host memory to another window.",
    .prepare = prepare,
    .on_host = true,
};

}  // namespace ingot
