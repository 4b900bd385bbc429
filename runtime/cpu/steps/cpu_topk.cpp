// TopK along the last axis: one walk keeps a short list of candidates, whose worst member rejects
// nearly everything that follows; only the survivors are sorted.
#include <algorithm>

#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cpu/parallel.h"
#include "runtime/cpu/sort_key.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

class TopKStep : public PreparedStep {
 public:
  explicit TopKStep(const StepContext& context) : threads_(context.threads()) {
    const StepTensor& x = context.inputs()[0];
    const NodeAttributes node(op_named("TopK"), context.attributes());
    const int rank = x.shape.rank();
    if (x.dtype != DType::kF32) unsupported(context, "TopK of another type than f32");
    if (node.axis("axis", rank) != rank - 1) unsupported(context, "TopK along an inner axis");
    if (!dense_from(x, 0)) unsupported(context, "a window of TopK");
    largest_ = node.integer("largest") != 0;
    length_ = x.shape[rank - 1];
    for (int axis = 0; axis + 1 < rank; ++axis) rows_ *= x.shape[axis];
    for (const StepTensor& y : context.outputs()) {
      if (!y.present()) continue;
      if (!y.shape_known || !dense_from(y, 0)) unsupported(context, "TopK of an unknown K");
      k_ = y.shape[rank - 1];
    }
    if (k_ > length_) unsupported(context, "K above the length of the axis");
    used_threads_ = static_cast<int>(
        std::min<int64_t>(worthwhile_threads(threads_, static_cast<double>(rows_ * length_) * 2),
                          std::max<int64_t>(rows_, 1)));
    capacity_ = 2 * k_ + 256;
  }

  size_t scratch_bytes() const override {
    return static_cast<size_t>(capacity_ * used_threads_) * sizeof(uint64_t);
  }

  void run(const StepMemory& memory) override {
    const auto* x = static_cast<const float*>(memory.inputs[0]);
    auto* values = static_cast<float*>(memory.outputs[0]);
    auto* indices = static_cast<int64_t*>(memory.outputs[1]);
    auto* scratch = static_cast<uint64_t*>(memory.scratch);
    parallel_ranges(used_threads_, used_threads_, [&](int64_t first, int64_t last) {
      for (int64_t thread = first; thread < last; ++thread) {
        uint64_t* list = scratch + thread * capacity_;
        for (int64_t row = rows_ * thread / used_threads_;
             row < rows_ * (thread + 1) / used_threads_; ++row) {
          const float* from = x + row * length_;
          select(from, list);
          for (int64_t i = 0; i < k_; ++i) {
            const uint32_t at = position_of(list[i]);
            if (values) values[row * k_ + i] = from[at];
            if (indices) indices[row * k_ + i] = at;
          }
        }
      }
    });
  }

 private:
  /// The k best, in order, at the front of `list`.
  void select(const float* x, uint64_t* list) const {
    if (k_ == 0) return;
    uint64_t worst = UINT64_MAX;
    int64_t count = 0;
    for (int64_t i = 0; i < length_; ++i) {
      const uint64_t key = sort_key(x[i], static_cast<uint32_t>(i), largest_);
      if (key >= worst) continue;
      list[count++] = key;
      if (count < capacity_) continue;
      std::nth_element(list, list + k_ - 1, list + count);
      worst = list[k_ - 1];
      count = k_;
    }
    std::partial_sort(list, list + k_, list + count);
  }

  int threads_, used_threads_ = 1;
  bool largest_ = true;
  int64_t rows_ = 1, length_ = 0, k_ = 0, capacity_ = 0;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<TopKStep>(context);
}

}  // namespace

extern const StepDef kCpuTopK = {
    .kind = "cpu.topk",
    .summary = "TopK along the last axis.",
    .prepare = prepare,
};

}  // namespace ingot
