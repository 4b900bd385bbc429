// CumSum along any axis: totals of a row of columns, added up in double or in 64 bits.
#include "ops/axes.h"
#include "ops/registry.h"
#include "runtime/cpu/parallel.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

class CumSumStep : public PreparedStep {
 public:
  explicit CumSumStep(const StepContext& context) : threads_(context.threads()) {
    const StepTensor& x = context.inputs()[0];
    const NodeAttributes node(op_named("CumSum"), context.attributes());
    dtype_ = x.dtype;
    if (dtype_ != DType::kF32 && dtype_ != DType::kI64 && dtype_ != DType::kI32) {
      unsupported(context, "CumSum of this type");
    }
    if (!dense_from(x, 0) || !dense_from(context.outputs()[0], 0)) {
      unsupported(context, "a window or a layout of CumSum");
    }
    const int axis = normalize_axis(constant_integers(context, 1).at(0), x.shape.rank(), "CumSum");
    length_ = x.shape[axis];
    for (int i = 0; i < axis; ++i) outer_ *= x.shape[i];
    for (int i = axis + 1; i < x.shape.rank(); ++i) inner_ *= x.shape[i];
    exclusive_ = node.integer("exclusive") != 0;
    reverse_ = node.integer("reverse") != 0;
    strips_ = (inner_ + kStrip - 1) / kStrip;
  }

  void run(const StepMemory& memory) override {
    switch (dtype_) {
      case DType::kF32:
        return add_up<float, double>(memory);
      case DType::kI32:
        return add_up<int32_t, int64_t>(memory);
      default:
        return add_up<int64_t, int64_t>(memory);
    }
  }

 private:
  static constexpr int64_t kStrip = 128;

  template <typename T, typename Total>
  void add_up(const StepMemory& memory) const {
    const auto* x = static_cast<const T*>(memory.inputs[0]);
    auto* y = static_cast<T*>(memory.outputs[0]);
    const double cost = static_cast<double>(outer_ * length_ * inner_);
    parallel_ranges(worthwhile_threads(threads_, cost), outer_ * strips_,
                    [&](int64_t begin, int64_t end) {
                      for (int64_t i = begin; i < end; ++i) {
                        const int64_t column = i % strips_ * kStrip;
                        const int64_t width = std::min(kStrip, inner_ - column);
                        const int64_t offset = i / strips_ * length_ * inner_ + column;
                        Total totals[kStrip] = {};
                        for (int64_t k = 0; k < length_; ++k) {
                          const int64_t at = offset + (reverse_ ? length_ - 1 - k : k) * inner_;
                          for (int64_t c = 0; c < width; ++c) {
                            const Total before = totals[c];
                            totals[c] = static_cast<Total>(before + static_cast<Total>(x[at + c]));
                            y[at + c] = static_cast<T>(exclusive_ ? before : totals[c]);
                          }
                        }
                      }
                    });
  }

  int threads_;
  DType dtype_;
  bool exclusive_ = false, reverse_ = false;
  int64_t outer_ = 1, length_ = 1, inner_ = 1, strips_ = 1;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<CumSumStep>(context);
}

}  // namespace

extern const StepDef kCpuCumSum = {
    .kind = "cpu.cumsum",
    .summary = "Running sums along an axis.",
    .prepare = prepare,
};

}  // namespace ingot
