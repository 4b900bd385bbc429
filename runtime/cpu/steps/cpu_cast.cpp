// Cast: to floats and bools by the pointwise kernel (any layout and window), to other types by
// pieces of dense tensors.
#include "ops/conversion.h"
#include "runtime/cpu/parallel.h"
#include "runtime/cpu/pointwise.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

bool fits_a_float(DType from) {
  switch (from) {
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16:
    case DType::kBool:
    case DType::kI8:
    case DType::kU8:
      return true;
    default:
      return false;
  }
}

/// Wide integers are rounded once, to f32, and compared with 0 exactly.
bool pointwise_can(DType from, DType to) {
  const bool float32 = to == DType::kF32 || to == DType::kBool;
  if (from == DType::kI32 || from == DType::kI64) return float32;
  return fits_a_float(from) && (float32 || to == DType::kF16 || to == DType::kBF16);
}

class CastStep : public PreparedStep {
 public:
  explicit CastStep(const StepContext& context)
      : threads_(context.threads()),
        from_(context.inputs()[0].dtype),
        to_(context.outputs()[0].dtype),
        elements_(context.inputs()[0].elements()) {
    if (pointwise_can(from_, to_)) {
      kernel_ = std::make_unique<PointwiseKernel>(Expression::input(0), context.inputs(),
                                                  context.outputs()[0], threads_);
      return;
    }
    if (dtype_bytes(from_) == 0 || dtype_bytes(to_) == 0) {
      unsupported(context, "a cast of elements of less than a byte");
    }
    const bool same_place = context.inputs()[0].layout == context.outputs()[0].layout &&
                            layout_block(context.inputs()[0].layout) == 1;
    if (!same_place || !context.inputs()[0].dense() || !context.outputs()[0].dense()) {
      unsupported(context, "a window or a layout of this cast");
    }
    saturate_ = context.attributes().integer("saturate", 1) != 0;
  }

  void run(const StepMemory& memory) override {
    if (kernel_) return kernel_->run(memory.inputs, memory.outputs[0]);
    const auto size_from = static_cast<int64_t>(dtype_bytes(from_));
    const auto size_to = static_cast<int64_t>(dtype_bytes(to_));
    auto* x = static_cast<char*>(const_cast<void*>(memory.inputs[0]));
    auto* y = static_cast<char*>(memory.outputs[0]);
    parallel_ranges(worthwhile_threads(threads_, static_cast<double>(elements_)), elements_,
                    [&](int64_t begin, int64_t end) {
                      const Shape part{end - begin};
                      convert_elements({from_, part, x + begin * size_from},
                                       {to_, part, y + begin * size_to}, saturate_);
                    });
  }

 private:
  int threads_;
  DType from_, to_;
  int64_t elements_;
  bool saturate_ = true;
  std::unique_ptr<PointwiseKernel> kernel_;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<CastStep>(context);
}

}  // namespace

extern const StepDef kCpuCast = {
    .kind = "cpu.cast",
    .summary = "Conversion to another type.",
    .prepare = prepare,
};

}  // namespace ingot
