// GroupNormalization and InstanceNormalization of plain tensors: a group of channels lies side by
// side.
#include <cmath>

#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cpu/kernels/row_table.h"
#include "runtime/cpu/parallel.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

class GroupNormStep : public PreparedStep {
 public:
  explicit GroupNormStep(const StepContext& context) : threads_(context.threads()) {
    const StepTensor& x = context.inputs()[0];
    const std::string op = context.attributes().text("op");
    const NodeAttributes node(op_named(op), context.attributes());
    require_strided(context, x);
    require_strided(context, context.outputs()[0]);
    if (!dense_from(x, 0) || !dense_from(context.outputs()[0], 0)) {
      unsupported(context, "a window or a layout of " + op);
    }
    for (int i = 0; i < 3; ++i) {
      if (context.inputs()[static_cast<size_t>(i)].dtype != DType::kF32) {
        unsupported(context, op + " of another type than f32");
      }
    }
    channels_ = x.shape[1];
    const int64_t groups = op == "GroupNormalization" ? node.integer("num_groups") : channels_;
    group_channels_ = channels_ / groups;
    groups_ = x.shape[0] * groups;
    for (int axis = 2; axis < x.shape.rank(); ++axis) plane_ *= x.shape[axis];
    epsilon_ = node.number("epsilon");
  }

  void run(const StepMemory& memory) override {
    const auto* x = static_cast<const float*>(memory.inputs[0]);
    const auto* scale = static_cast<const float*>(memory.inputs[1]);
    const auto* bias = static_cast<const float*>(memory.inputs[2]);
    auto* y = static_cast<float*>(memory.outputs[0]);
    const int64_t size = group_channels_ * plane_;
    const RowTable& table = rows();
    const double cost = static_cast<double>(groups_ * size) * 0.25;
    parallel_ranges(worthwhile_threads(threads_, cost), groups_, [&](int64_t begin, int64_t end) {
      for (int64_t group = begin; group < end; ++group) {
        const Moments2 moments = table.moments(x + group * size, size);
        const float factor = 1.0F / std::sqrt(moments.variance + epsilon_);
        for (int64_t i = 0; i < group_channels_; ++i) {
          const int64_t plane = group * group_channels_ + i, channel = plane % channels_;
          const float a = factor * scale[channel];
          table.affine(x + plane * plane_, y + plane * plane_, plane_, a,
                       bias[channel] - moments.mean * a);
        }
      }
    });
  }

 private:
  int threads_;
  float epsilon_ = 0;
  int64_t channels_ = 1, group_channels_ = 1, groups_ = 1, plane_ = 1;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<GroupNormStep>(context);
}

}  // namespace

extern const StepDef kCpuGroupNorm = {
    .kind = "cpu.group_norm",
    .summary = "GroupNormalization and InstanceNormalization.",
    .prepare = prepare,
};

}  // namespace ingot
