// Comparisons of integers and doubles, which floats cannot tell apart exactly.
#include <functional>

#include "runtime/cpu/loop_nest.h"
#include "runtime/cpu/parallel.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

class CompareStep : public PreparedStep {
 public:
  explicit CompareStep(const StepContext& context)
      : threads_(context.threads()),
        op_(context.attributes().text("op")),
        dtype_(context.inputs()[0].dtype),
        nest_({&context.inputs()[0], &context.inputs()[1]}, context.outputs()[0]) {
    require_strided(context, context.outputs()[0]);
    constexpr std::string_view kOps[] = {"Equal", "Less", "LessOrEqual", "Greater",
                                         "GreaterOrEqual"};
    if (std::find(std::begin(kOps), std::end(kOps), op_) == std::end(kOps)) {
      unsupported(context, op_);
    }
    if (dtype_ != DType::kI32 && dtype_ != DType::kI64 && dtype_ != DType::kF64 &&
        dtype_ != DType::kU8 && dtype_ != DType::kBool) {
      unsupported(context, "a comparison of this type");
    }
  }

  void run(const StepMemory& memory) override {
    switch (dtype_) {
      case DType::kI32:
        return compare_as<int32_t>(memory);
      case DType::kI64:
        return compare_as<int64_t>(memory);
      case DType::kF64:
        return compare_as<double>(memory);
      default:
        return compare_as<uint8_t>(memory);
    }
  }

 private:
  template <typename T>
  void compare_as(const StepMemory& memory) const {
    if (op_ == "Equal")
      compare<T>(memory, std::equal_to<T>());
    else if (op_ == "Less")
      compare<T>(memory, std::less<T>());
    else if (op_ == "LessOrEqual")
      compare<T>(memory, std::less_equal<T>());
    else if (op_ == "Greater")
      compare<T>(memory, std::greater<T>());
    else
      compare<T>(memory, std::greater_equal<T>());
  }

  template <typename T, typename Function>
  void compare(const StepMemory& memory, Function function) const {
    if (nest_.total() == 0) return;
    const int last = nest_.loop_count() - 1;
    const int64_t count = nest_.extent(last);
    const auto* a = static_cast<const T*>(memory.inputs[0]);
    const auto* b = static_cast<const T*>(memory.inputs[1]);
    auto* y = static_cast<bool*>(memory.outputs[0]);
    const int64_t step_a = nest_.stride(last, 0), step_b = nest_.stride(last, 1);
    const int64_t step_y = nest_.stride(last, 2);
    parallel_ranges(worthwhile_threads(threads_, static_cast<double>(nest_.total()) * 0.5),
                    nest_.total() / count, [&](int64_t begin, int64_t end) {
                      LoopNest::Position at = nest_.position(begin, last);
                      for (int64_t row = begin; row < end; ++row) {
                        for (int64_t i = 0; i < count; ++i) {
                          y[at.offset[2] + i * step_y] =
                              function(a[at.offset[0] + i * step_a], b[at.offset[1] + i * step_b]);
                        }
                        nest_.advance(at, last);
                      }
                    });
  }

  int threads_;
  std::string op_;
  DType dtype_;
  LoopNest nest_;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<CompareStep>(context);
}

}  // namespace

extern const StepDef kCpuCompare = {
    .kind = "cpu.compare",
    .summary = "Exact comparisons of integers and doubles.",
    .prepare = prepare,
};

}  // namespace ingot
