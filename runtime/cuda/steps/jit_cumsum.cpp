// CumSum along any axis of a plain tensor.
#include <algorithm>
#include <limits>

#include "kernels/params/cumsum.h"
#include "ops/infer.h"
#include "runtime/cuda/row_launch.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

using kernels::CumSumParams;

CumSumParams params_of(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  if (!dense_from(x, 0) || !dense_from(context.outputs()[0], 0)) {
    unsupported(context, "a window or another layout of CumSum");
  }
  const std::vector<int64_t> axis = constant_integers(context, 1);
  if (axis.size() != 1) unsupported(context, "more than one axis of CumSum");
  const MemorySplit split = memory_split(x, normalize_axis(axis[0], x.shape.rank(), "CumSum"));
  if (split.length > std::numeric_limits<int>::max() - 4096)
    unsupported(context, "an axis of 2^31");
  CumSumParams params{};
  params.rows = split.outer;
  params.inner = split.inner;
  params.length = static_cast<int>(split.length);
  params.exclusive = context.attributes().integer("exclusive") != 0;
  params.reverse = context.attributes().integer("reverse") != 0;
  return params;
}

class CumSumStep : public PreparedStep {
 public:
  CumSumStep(const StepContext& context, const CumSumParams& params)
      : params_(params),
        entry_(params.inner == 1 ? "cumsum_rows" : "cumsum_columns"),
        kernel_(context, entry_) {
    if (params.inner == 1) {
      shape_.grid.x = static_cast<uint32_t>(params.rows);
      shape_.block.x = 32 * std::min(32U, blocks_for(params.length, 128));
    } else {
      shape_.block.x = 128;
      shape_.grid.x = blocks_for(params.rows * params.inner, 128);
    }
  }

  std::string implementation() const override { return entry_; }

  void run(const StepMemory& memory) override {
    CumSumParams params = params_;
    if (params.rows * params.length * params.inner == 0) return;
    params.x = memory.inputs[0];
    params.y = memory.outputs[0];
    kernel_.launch(memory, shape_, params);
  }

 private:
  CumSumParams params_;
  std::string entry_;
  JitKernel<CumSumParams> kernel_;
  LaunchShape shape_;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<CumSumStep>(context, params_of(context));
}

}  // namespace

extern const StepDef kJitCumSum = {
    .kind = "jit.cumsum",
    .summary = "CumSum along any axis.",
    .prepare = prepare,
};

}  // namespace ingot
