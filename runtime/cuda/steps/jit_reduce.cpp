// Reductions over any axes, and global pools. Few outputs of many elements are split over blocks, and
// the parts joined by a second kernel: the order of the sums depends on shapes only.
#include <algorithm>

#include "runtime/cuda/reduce_plan.h"
#include "runtime/cuda/row_launch.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

using kernels::ReduceParams;
using ReduceKernel = JitKernel<ReduceParams>;

constexpr int64_t kMaxGrid = 65535;
constexpr size_t kTotalBytes = 8;  ///< at most: float, long long, or peak and sum

class ReduceStep : public PreparedStep {
 public:
  ReduceStep(const StepContext& context, const ReducePlan& plan)
      : plan_(plan),
        vector_(static_cast<int>(16 / dtype_bytes(context.inputs()[0].dtype))),
        multiprocessors_(context.device()->facts().multiprocessors),
        join_(context, plan.columns ? "reduce_columns_join" : "reduce_rows_join") {}

  size_t scratch_bytes() const override {
    const unsigned splits = plan_.params.splits;
    return splits > 1 ? static_cast<size_t>(splits * plan_.outputs) * kTotalBytes : 0;
  }

 protected:
  /// Splits of `length` so that `blocks` times splits fill the GPU, of at least `least` each and of
  /// whole multiples of `step`.
  void split(int64_t blocks, int64_t least, int64_t step) {
    ReduceParams& params = plan_.params;
    const int64_t length = params.length;
    int64_t splits = 1;
    if (blocks > 0 && blocks < multiprocessors_) {
      splits = std::clamp<int64_t>(std::min(2 * multiprocessors_ / blocks, length / least), 1, 256);
    }
    const int64_t part = std::max<int64_t>((length + splits - 1) / splits, 1);
    params.part = static_cast<unsigned>((part + step - 1) / step * step);
    params.splits =
        length == 0 ? 1 : static_cast<unsigned>((length + params.part - 1) / params.part);
  }
  void join(const StepMemory& memory, const ReduceParams& params) const {
    if (params.splits < 2) return;
    LaunchShape shape;
    shape.block.x = 128;
    shape.grid.x = blocks_for(plan_.outputs, 4);
    join_.launch(memory, shape, params);
  }
  ReduceParams with_memory(const StepMemory& memory) const {
    ReduceParams params = plan_.params;
    params.x = memory.inputs[0];
    params.y = memory.outputs[0];
    params.partials = memory.scratch;
    return params;
  }

  ReducePlan plan_;
  int64_t vector_, multiprocessors_;

 private:
  ReduceKernel join_;
};

/// The reduced elements lie side by side.
class ReduceRows : public ReduceStep {
 public:
  ReduceRows(const StepContext& context, const ReducePlan& plan)
      : ReduceStep(context, plan),
        entry_(entry_of(plan.params, vector_, multiprocessors_)),
        one_(context, entry_ + "_one"),
        wide_(context, entry_ + "_vector") {
    const bool block = entry_ == "reduce_block";
    shape_.block.x = block ? 512 : 128;
    shape_.grid.x = blocks_for(plan.params.outputs, block ? 1 : entry_ == "reduce_warp" ? 4 : 16);
    if (block) {
      split(plan.params.outputs, 512 * vector_ * 4, vector_);
    } else {
      split(0, 1, 1);
    }
    shape_.grid.y = plan_.params.splits;
  }
  std::string implementation() const override { return entry_; }

  void run(const StepMemory& memory) override {
    const ReduceParams params = with_memory(memory);
    if (params.outputs == 0) return;
    // Every run begins where a vector may.
    bool vectors = params.run % vector_ == 0 && vector_aligned({params.x});
    for (int i = 0; i < params.kept.count; ++i) vectors &= params.kept.from[i] % vector_ == 0;
    for (int i = 0; i < params.reduced.count; ++i) vectors &= params.reduced.from[i] % vector_ == 0;
    (vectors ? wide_ : one_).launch(memory, shape_, params);
    join(memory, params);
  }

 private:
  static std::string entry_of(const ReduceParams& params, int64_t vector, int64_t multiprocessors) {
    const int64_t width = params.run % vector == 0 ? vector : 1;
    if (params.length <= 8 * width) return "reduce_lanes";
    // A block an output where outputs are few, or long.
    const bool few = params.outputs < multiprocessors * 4;
    return params.length <= 32 * width * (few ? 4 : 32) ? "reduce_warp" : "reduce_block";
  }

  std::string entry_;
  ReduceKernel one_, wide_;
  LaunchShape shape_;
};

/// Outputs lie side by side, and the threads with them.
class ReduceColumns : public ReduceStep {
 public:
  ReduceColumns(const StepContext& context, const ReducePlan& plan)
      : ReduceStep(context, plan),
        one_(context, "reduce_columns_one"),
        pair_(context, "reduce_columns_pair"),
        wide_(context, "reduce_columns_vector") {
    width_ = width();
    const LaunchShape whole = shape(width_);
    split(int64_t{whole.grid.x} * whole.grid.y, int64_t{whole.block.y} * 16, 1);
  }
  std::string implementation() const override {
    return width_ == 1   ? "reduce_columns_one"
           : width_ == 2 ? "reduce_columns_pair"
                         : "reduce_columns_vector";
  }

  void run(const StepMemory& memory) override {
    const ReduceParams params = with_memory(memory);
    if (params.outputs == 0 || params.run == 0) return;
    const int width = vector_aligned({params.x}) ? width_ : 1;
    (width == 1 ? one_ : width == 2 ? pair_ : wide_).launch(memory, shape(width), params);
    join(memory, params);
  }

 private:
  /// Whole vectors if that leaves blocks enough, else pairs, which more blocks share.
  int width() const {
    const ReduceParams& params = plan_.params;
    const auto fits = [&](int64_t width) {
      bool fits = params.run % width == 0;
      for (int i = 0; i < params.kept.count; ++i) fits &= params.kept.from[i] % width == 0;
      for (int i = 0; i < params.reduced.count; ++i) fits &= params.reduced.from[i] % width == 0;
      return fits;
    };
    const LaunchShape whole = shape(static_cast<int>(vector_));
    const bool many = int64_t{whole.grid.x} * whole.grid.y >= multiprocessors_;
    if (fits(vector_) && many) return static_cast<int>(vector_);
    if (vector_ >= 8 && fits(2)) return 2;
    return fits(vector_) && vector_ < 8 && many ? static_cast<int>(vector_) : 1;
  }

  /// 256 threads: along the columns, up to 32; the others share the rows.
  LaunchShape shape(int width) const {
    const ReduceParams& params = plan_.params;
    LaunchShape shape;
    const int64_t columns = (params.run + width - 1) / width;
    shape.block.x = 1;
    while (shape.block.x < 32 && shape.block.x < columns) shape.block.x *= 2;
    shape.block.y = 256 / shape.block.x;
    while (shape.block.y > 1 && shape.block.y > params.length) shape.block.y /= 2;
    while (shape.block.x * shape.block.y < 256 && shape.block.x < columns) shape.block.x *= 2;
    shape.grid.x = blocks_for(columns, shape.block.x);
    shape.grid.y = static_cast<uint32_t>(std::min<int64_t>(params.outputs, kMaxGrid));
    shape.grid.z = std::max(params.splits, 1U);
    return shape;
  }

  int width_ = 1;
  ReduceKernel one_, pair_, wide_;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const ReducePlan plan = reduce_plan(context, reduced_axes(context));
  if (plan.columns) return std::make_unique<ReduceColumns>(context, plan);
  return std::make_unique<ReduceRows>(context, plan);
}

}  // namespace

extern const StepDef kJitReduce = {
    .kind = "jit.reduce",
    .summary = "Reductions over any axes, and global pools.",
    .prepare = prepare,
};

}  // namespace ingot
