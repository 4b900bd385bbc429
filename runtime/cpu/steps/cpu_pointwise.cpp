// A pointwise cluster, or a single elementwise operator, in one pass over memory.
#include "core/base/error.h"
#include "ops/elementwise_expression.h"
#include "ops/registry.h"
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
  if (const std::string op = context.attributes().text("op"); op != "Pointwise") {
    std::vector<bool> given;
    for (const StepTensor& input : context.inputs()) given.push_back(input.present());
    const Expression single = elementwise_expression(op_named(op), context.attributes(), given);
    if (single.empty()) {
      fail({"step.unsupported", op + " is no pointwise operation", context.name(),
            "use the reference tactic"});
    }
    return std::make_unique<PointwiseStep>(single, context);
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
