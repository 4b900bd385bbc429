// Where on elements of any type, moved as bits.
#include "runtime/cpu/loop_nest.h"
#include "runtime/cpu/move.h"
#include "runtime/cpu/parallel.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

class WhereStep : public PreparedStep {
 public:
  explicit WhereStep(const StepContext& context)
      : threads_(context.threads()),
        bytes_(movable_bytes(context.outputs()[0].dtype)),
        nest_({&context.inputs()[0], &context.inputs()[1], &context.inputs()[2]},
              context.outputs()[0]) {
    require_strided(context, context.outputs()[0]);
  }

  void run(const StepMemory& memory) override {
    switch (bytes_) {
      case 1:
        return choose<uint8_t>(memory);
      case 2:
        return choose<uint16_t>(memory);
      case 4:
        return choose<uint32_t>(memory);
      default:
        return choose<uint64_t>(memory);
    }
  }

 private:
  template <typename T>
  void choose(const StepMemory& memory) const {
    if (nest_.total() == 0) return;
    const int last = nest_.loop_count() - 1;
    const int64_t count = nest_.extent(last);
    const auto* condition = static_cast<const uint8_t*>(memory.inputs[0]);
    const auto* a = static_cast<const T*>(memory.inputs[1]);
    const auto* b = static_cast<const T*>(memory.inputs[2]);
    auto* y = static_cast<T*>(memory.outputs[0]);
    const auto stride = [&](int tensor) { return nest_.stride(last, tensor); };
    const auto total = static_cast<double>(nest_.total());
    parallel_ranges(worthwhile_threads(threads_, total), nest_.total() / count,
                    [&](int64_t begin, int64_t end) {
                      LoopNest::Position at = nest_.position(begin, last);
                      for (int64_t row = begin; row < end; ++row) {
                        for (int64_t i = 0; i < count; ++i) {
                          const bool first = condition[at.offset[0] + i * stride(0)] != 0;
                          y[at.offset[3] + i * stride(3)] = first ? a[at.offset[1] + i * stride(1)]
                                                                  : b[at.offset[2] + i * stride(2)];
                        }
                        nest_.advance(at, last);
                      }
                    });
  }

  int threads_;
  size_t bytes_;
  LoopNest nest_;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<WhereStep>(context);
}

}  // namespace

extern const StepDef kCpuWhere = {
    .kind = "cpu.where",
    .summary = "Elements of one tensor or another, of any type.",
    .prepare = prepare,
};

}  // namespace ingot
