// ArgMax and ArgMin along any axis of a plain tensor.
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cpu/kernels/reduce_table.h"
#include "runtime/cpu/parallel.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

class ArgReduceStep : public PreparedStep {
 public:
  explicit ArgReduceStep(const StepContext& context) : threads_(context.threads()) {
    const StepTensor& x = context.inputs()[0];
    const std::string op = context.attributes().text("op");
    const NodeAttributes node(op_named(op), context.attributes());
    const int axis = node.axis("axis", x.shape.rank());
    if (x.dtype != DType::kF32) unsupported(context, op + " of another type than f32");
    if (!dense_from(x, 0) || !dense_from(context.outputs()[0], 0)) {
      unsupported(context, "a window or a layout of " + op);
    }
    if (x.shape[axis] > INT32_MAX) unsupported(context, "an axis of more than 2^31 elements");
    largest_ = op == "ArgMax";
    last_ = node.integer("select_last_index") != 0;
    length_ = x.shape[axis];
    for (int i = 0; i < axis; ++i) outer_ *= x.shape[i];
    for (int i = axis + 1; i < x.shape.rank(); ++i) inner_ *= x.shape[i];
    strips_ = (inner_ + kStrip - 1) / kStrip;
  }

  void run(const StepMemory& memory) override {
    const auto* x = static_cast<const float*>(memory.inputs[0]);
    auto* y = static_cast<int64_t*>(memory.outputs[0]);
    const ReduceTable& table = reductions();
    const double cost = static_cast<double>(outer_ * length_ * inner_) * 0.3;
    parallel_ranges(
        worthwhile_threads(threads_, cost), outer_ * strips_, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) {
            const int64_t outer = i / strips_, column = i % strips_ * kStrip;
            const float* from = x + outer * length_ * inner_ + column;
            if (inner_ == 1) {
              const double best = table.row(largest_ ? Fold::kMax : Fold::kMin, from, length_);
              y[outer] = table.find(from, length_, static_cast<float>(best), last_);
            } else {
              table.arg_columns(from, inner_, length_, std::min(kStrip, inner_ - column), largest_,
                                last_, y + outer * inner_ + column);
            }
          }
        });
  }

 private:
  static constexpr int64_t kStrip = 256;
  int threads_;
  bool largest_ = true, last_ = false;
  int64_t outer_ = 1, length_ = 1, inner_ = 1, strips_ = 1;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<ArgReduceStep>(context);
}

}  // namespace

extern const StepDef kCpuArgReduce = {
    .kind = "cpu.arg_reduce",
    .summary = "ArgMax and ArgMin along any axis.",
    .prepare = prepare,
};

}  // namespace ingot
