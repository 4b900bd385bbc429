// Pointwise expressions, single elementwise operators and casts: the expression is in the kernel.
#include "runtime/cuda/pointwise_kernel.h"

namespace ingot {
namespace {

template <typename Kernel>
class PointwiseStep : public PreparedStep {
 public:
  PointwiseStep(Kernel kernel, std::string entry)
      : kernel_(std::move(kernel)), entry_(std::move(entry)) {}
  std::string implementation() const override { return entry_; }
  void run(const StepMemory& memory) override {
    kernel_.launch(memory.stream, memory.inputs, memory.outputs[0]);
  }

 private:
  Kernel kernel_;
  std::string entry_;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const StepTensor& output = context.outputs()[0];
  if (context.attributes().has("turned")) {
    const auto turned = static_cast<int>(context.attributes().integer("turned"));
    return std::make_unique<PointwiseStep<JitPointwiseTurn>>(
        JitPointwiseTurn(context, context.inputs(), output, turned), "pointwise_turn");
  }
  JitPointwise kernel(context, context.inputs(), output);
  std::string entry = kernel.entry();
  return std::make_unique<PointwiseStep<JitPointwise>>(std::move(kernel), std::move(entry));
}

}  // namespace

extern const StepDef kJitPointwise = {
    .kind = "jit.pointwise",
    .summary = "Pointwise expression over broadcast tensors.",
    .prepare = prepare,
};

extern const StepDef kJitElementwise = {
    .kind = "jit.elementwise",
    .summary = "Elementwise operator on integers, doubles or truth values.",
    .prepare = prepare,
};

extern const StepDef kJitCast = {
    .kind = "jit.cast",
    .summary = "Conversion to another type, and layout.",
    .prepare = prepare,
};

}  // namespace ingot
