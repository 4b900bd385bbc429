// ArgMax and ArgMin along any axis.
#include <algorithm>
#include <limits>

#include "kernels/params/arg_reduce.h"
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cuda/row_launch.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

using kernels::ArgReduceParams;

struct Plan {
  ArgReduceParams params{};
  std::string entry;
  LaunchShape shape;
};

/// Threads side by side along the columns; those that are left share them.
LaunchShape column_shape(const ArgReduceParams& params) {
  LaunchShape shape;
  shape.block.x = 32;
  while (shape.block.x < 256 && params.length < 8 * 256 / int64_t{shape.block.x} &&
         int64_t{shape.block.x} < params.inner) {
    shape.block.x *= 2;
  }
  shape.block.y = 256 / shape.block.x;
  shape.grid.x = blocks_for(params.inner, shape.block.x);
  shape.grid.y = static_cast<uint32_t>(std::min<int64_t>(params.rows, 65535));
  return shape;
}

Plan plan_of(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  const std::string op = context.attributes().text("op");
  const NodeAttributes node(op_named(op), context.attributes());
  const int rank = x.shape.rank(), axis = node.axis("axis", rank);
  if (!x.dense() || !y.dense()) unsupported(context, "a window of " + op);
  // What is left is in the same order in memory if only the axis goes, or stays with one element.
  if (x.layout == Layout::kChannelsLast && y.layout != x.layout && axis != 1) {
    unsupported(context, "another layout of the output");
  }
  const MemorySplit split = memory_split(x, axis);
  if (split.length > std::numeric_limits<int>::max()) unsupported(context, "an axis of 2^31");
  Plan plan;
  plan.params.rows = split.outer;
  plan.params.inner = split.inner;
  plan.params.length = static_cast<int>(split.length);
  if (split.inner > 1) {
    plan.entry = "arg_columns";
    plan.shape = column_shape(plan.params);
  } else {
    const bool block = split.length > 1024, lanes = split.length <= 32;
    plan.entry = block ? "arg_block" : lanes ? "arg_lanes" : "arg_warp";
    plan.shape.block.x = block ? 512 : 128;
    plan.shape.grid.x = blocks_for(split.outer, block ? 1 : lanes ? 16 : 4);
  }
  return plan;
}

class ArgReduceStep : public PreparedStep {
 public:
  ArgReduceStep(const StepContext& context, const Plan& plan)
      : plan_(plan), kernel_(context, plan.entry) {}

  std::string implementation() const override { return plan_.entry; }

  void run(const StepMemory& memory) override {
    ArgReduceParams params = plan_.params;
    if (params.rows * params.inner == 0) return;
    params.x = memory.inputs[0];
    params.y = static_cast<long long*>(memory.outputs[0]);
    kernel_.launch(memory, plan_.shape, params);
  }

 private:
  Plan plan_;
  JitKernel<ArgReduceParams> kernel_;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<ArgReduceStep>(context, plan_of(context));
}

}  // namespace

extern const StepDef kJitArgReduce = {
    .kind = "jit.arg_reduce",
    .summary = "ArgMax and ArgMin along any axis.",
    .prepare = prepare,
};

}  // namespace ingot
