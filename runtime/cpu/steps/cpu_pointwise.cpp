// A pointwise cluster, or a single elementwise operator, in one pass over memory.
#include "core/base/error.h"
#include "runtime/cpu/elementwise.h"
#include "runtime/cpu/pointwise.h"

namespace ingot {
namespace {

class PointwiseStep : public PreparedStep {
 public:
  PointwiseStep(const Expression& expression, const StepContext& context)
      : kernel_(expression, context.inputs(), context.outputs()[0], context.threads()) {}
  void run(const StepMemory& memory) override { kernel_.run(memory.inputs, memory.outputs[0]); }

 private:
  PointwiseKernel kernel_;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  if (context.attributes().text("op") != "Pointwise") {
    return std::make_unique<PointwiseStep>(elementwise_expression(context), context);
  }
  const Expression* expression = context.attributes().expression("expression");
  INGOT_CHECK(expression != nullptr);
  return std::make_unique<PointwiseStep>(*expression, context);
}

}  // namespace

extern const StepDef kCpuPointwise = {
    .kind = "cpu.pointwise",
    .summary = "Pointwise expression over broadcast tensors, tile by tile.",
    .prepare = prepare,
};

}  // namespace ingot
