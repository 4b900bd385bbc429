// Softmax and LogSoftmax along any axis of a plain tensor.
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cpu/kernels/row_table.h"
#include "runtime/cpu/parallel.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

class SoftmaxStep : public PreparedStep {
 public:
  explicit SoftmaxStep(const StepContext& context) : threads_(context.threads()) {
    const StepTensor& x = context.inputs()[0];
    const StepTensor& y = context.outputs()[0];
    const std::string op = context.attributes().text("op");
    const NodeAttributes node(op_named(op), context.attributes());
    const int axis = node.axis("axis", x.shape.rank());
    require_strided(context, x);
    require_strided(context, y);
    if (!dense_from(x, 0) || !dense_from(y, 0)) unsupported(context, "a window of Softmax");
    if (x.dtype != DType::kF32) unsupported(context, "Softmax of another type than f32");
    logarithm_ = op == "LogSoftmax";
    length_ = x.shape[axis];
    for (int i = 0; i < axis; ++i) outer_ *= x.shape[i];
    for (int i = axis + 1; i < x.shape.rank(); ++i) inner_ *= x.shape[i];
    strips_ = inner_ == 1 ? 1 : (inner_ + kStrip - 1) / kStrip;
  }

  void run(const StepMemory& memory) override {
    if (length_ == 0) return;
    const auto* x = static_cast<const float*>(memory.inputs[0]);
    auto* y = static_cast<float*>(memory.outputs[0]);
    const auto elements = static_cast<double>(outer_ * length_ * inner_);
    parallel_ranges(worthwhile_threads(threads_, elements * 0.5), outer_ * strips_,
                    [&](int64_t begin, int64_t end) { run_range(x, y, begin, end); });
  }

 private:
  static constexpr int64_t kStrip = 256;  ///< columns of one piece of work

  void run_range(const float* x, float* y, int64_t begin, int64_t end) const {
    const RowTable& table = rows();
    for (int64_t i = begin; i < end; ++i) {
      if (inner_ == 1) {
        table.softmax(x + i * length_, y + i * length_, length_, logarithm_);
        continue;
      }
      const int64_t column = i % strips_ * kStrip;
      const int64_t offset = i / strips_ * length_ * inner_ + column;
      table.softmax_columns(x + offset, inner_, y + offset, inner_, length_,
                            std::min(kStrip, inner_ - column), logarithm_);
    }
  }

  int threads_;
  bool logarithm_ = false;
  int64_t outer_ = 1, length_ = 1, inner_ = 1, strips_ = 1;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<SoftmaxStep>(context);
}

}  // namespace

extern const StepDef kCpuSoftmax = {
    .kind = "cpu.softmax",
    .summary = "Softmax and LogSoftmax along any axis.",
    .prepare = prepare,
};

}  // namespace ingot
