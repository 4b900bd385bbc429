// Softmax and LogSoftmax along any axis: rows where the axis is the last in memory, else columns.
#include <algorithm>
#include <limits>

#include "kernels/params/softmax.h"
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cuda/row_launch.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

using kernels::SoftmaxParams;

struct Problem {
  SoftmaxParams params{};
  int vector;  ///< elements in 16 bytes
};

Problem problem_of(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  const NodeAttributes node(op_named(context.attributes().text("op")), context.attributes());
  if (!x.dense() || !y.dense()) unsupported(context, "a window of Softmax");
  if (x.layout != y.layout) unsupported(context, "another layout of the output");
  const MemorySplit split = memory_split(x, node.axis("axis", x.shape.rank()));
  if (split.length > std::numeric_limits<int>::max()) unsupported(context, "an axis of 2^31");
  Problem problem;
  problem.vector = static_cast<int>(16 / dtype_bytes(x.dtype));
  problem.params.rows = split.outer;
  problem.params.inner = split.inner;
  problem.params.length = static_cast<int>(split.length);
  return problem;
}

class SoftmaxRows : public PreparedStep {
 public:
  SoftmaxRows(const StepContext& context, const Problem& problem)
      : params_(problem.params),
        kernels_(context, "softmax", params_.rows, params_.length, problem.vector) {}

  std::string implementation() const override { return kernels_.entry(); }

  void run(const StepMemory& memory) override {
    SoftmaxParams params = params_;
    params.x = memory.inputs[0];
    params.y = memory.outputs[0];
    if (params.length > 0) kernels_.launch(memory, params, vector_aligned({params.x, params.y}));
  }

 private:
  SoftmaxParams params_;
  RowKernels<SoftmaxParams> kernels_;
};

class SoftmaxColumns : public PreparedStep {
 public:
  SoftmaxColumns(const StepContext& context, const Problem& problem)
      : params_(problem.params),
        vector_(problem.vector),
        multiprocessors_(context.device()->facts().multiprocessors),
        one_(context, "softmax_columns_one"),
        wide_(context, "softmax_columns_vector") {}

  std::string implementation() const override { return "softmax_columns"; }

  void run(const StepMemory& memory) override {
    if (params_.rows == 0 || params_.length == 0 || params_.inner == 0) return;
    SoftmaxParams params = params_;
    params.x = memory.inputs[0];
    params.y = memory.outputs[0];
    const bool vectors = params.inner % vector_ == 0 && vector_aligned({params.x, params.y});
    (vectors ? wide_ : one_).launch(memory, shape(vectors ? vector_ : 1), params);
  }

 private:
  static constexpr uint32_t kThreads = 256;

  /// Columns side by side fill a block; where they are too few to fill the GPU, threads share them.
  LaunchShape shape(int vector) const {
    const int64_t columns = params_.inner / vector;
    LaunchShape shape;
    shape.block.x = 32;
    shape.block.y = 1;
    while (shape.block.x < kThreads && shape.block.x < columns) shape.block.x *= 2;
    const auto blocks = [&] {
      return blocks_for(columns, shape.block.x) * std::min<int64_t>(params_.rows, 65535);
    };
    while (shape.block.x > 32 && blocks() < multiprocessors_) shape.block.x /= 2;
    while (shape.block.x * shape.block.y < kThreads &&
           int64_t{shape.block.y} * 4 <= params_.length &&
           blocks() * shape.block.x * shape.block.y < multiprocessors_ * int64_t{1024}) {
      shape.block.y *= 2;
    }
    shape.grid.x = blocks_for(columns, shape.block.x);
    shape.grid.y = static_cast<uint32_t>(std::min<int64_t>(params_.rows, 65535));
    return shape;
  }

  SoftmaxParams params_;
  int vector_, multiprocessors_;
  JitKernel<SoftmaxParams> one_, wide_;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const Problem problem = problem_of(context);
  if (problem.params.inner == 1) return std::make_unique<SoftmaxRows>(context, problem);
  return std::make_unique<SoftmaxColumns>(context, problem);
}

}  // namespace

extern const StepDef kJitSoftmax = {
    .kind = "jit.softmax",
    .summary = "Softmax and LogSoftmax along any axis.",
    .prepare = prepare,
};

}  // namespace ingot
