// GroupNormalization and InstanceNormalization, plain and channels last. A group that a block can
// hold is one kernel; else the moments of parts go through scratch memory, so that many blocks share
// a group, in an order that is always the same.
#include <algorithm>
#include <limits>

#include "kernels/params/group_norm.h"
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cuda/row_launch.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

using kernels::GroupNormParams;

constexpr int64_t kMaxGrid = 65535;
constexpr size_t kMomentsBytes = 12;

struct Problem {
  GroupNormParams params{};
  int64_t images = 1, groups = 1;  ///< groups of one image
  int vector = 1;                  ///< elements in 16 bytes
  int multiprocessors = 1;
};

Problem problem_of(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  const std::string op = context.attributes().text("op");
  const NodeAttributes node(op_named(op), context.attributes());
  if (!x.dense() || !y.dense() || x.layout != y.layout) {
    unsupported(context, "a window or another layout of the output of " + op);
  }
  Problem problem;
  problem.images = x.shape[0];
  problem.groups = op == "GroupNormalization" ? node.integer("num_groups") : x.shape[1];
  problem.vector = static_cast<int>(16 / dtype_bytes(x.dtype));
  problem.multiprocessors = context.device()->facts().multiprocessors;
  int64_t plane = 1;
  for (int axis = 2; axis < x.shape.rank(); ++axis) plane *= x.shape[axis];
  if (plane * x.shape[1] > std::numeric_limits<int>::max() / 2 || problem.images > kMaxGrid ||
      problem.groups > kMaxGrid) {
    unsupported(context, "images of 2^30 elements, or 65536 images or groups");
  }
  GroupNormParams& params = problem.params;
  params.plane = static_cast<int>(plane);
  params.channels = static_cast<int>(x.shape[1]);
  params.group_channels = static_cast<int>(x.shape[1] / std::max<int64_t>(problem.groups, 1));
  params.epsilon = node.number("epsilon");
  return problem;
}

GroupNormParams with_memory(const GroupNormParams& prepared, const StepMemory& memory) {
  GroupNormParams params = prepared;
  params.x = memory.inputs[0];
  params.scale = memory.inputs[1];
  params.bias = memory.inputs[2];
  params.y = memory.outputs[0];
  params.partials = memory.scratch;
  return params;
}

/// The kernel for elements one by one, and the one for vectors.
struct Pair {
  Pair(const StepContext& context, const std::string& name)
      : one(context, name + "_one"), vector(context, name + "_vector") {}
  const JitKernel<GroupNormParams>& choose(bool vectors) const { return vectors ? vector : one; }
  JitKernel<GroupNormParams> one, vector;
};

class SmallGroups : public PreparedStep {
 public:
  static constexpr int64_t kMaxElements = 16 * 1024;
  SmallGroups(const StepContext& context, const Problem& problem)
      : problem_(problem), kernels_(context, "group_norm_small") {
    const int64_t length = int64_t{problem.params.plane} * problem.params.group_channels;
    shape_.grid.x = static_cast<uint32_t>(problem.images * problem.groups);
    shape_.block.x = static_cast<uint32_t>((length + 511) / 512 * 32);
  }
  std::string implementation() const override { return "group_norm_small"; }
  void run(const StepMemory& memory) override {
    const GroupNormParams params = with_memory(problem_.params, memory);
    const bool vectors =
        params.plane % problem_.vector == 0 && vector_aligned({params.x, params.y});
    kernels_.choose(vectors).launch(memory, shape_, params);
  }

 private:
  Problem problem_;
  Pair kernels_;
  LaunchShape shape_;
};

class PlainGroups : public PreparedStep {
 public:
  PlainGroups(const StepContext& context, const Problem& problem)
      : problem_(problem),
        moments_(context, "group_norm_moments"),
        apply_(context, "group_norm_apply") {
    GroupNormParams& params = problem_.params;
    const int64_t length = int64_t{params.plane} * params.group_channels;
    const int64_t groups = problem.images * problem.groups;
    // Enough blocks for the GPU, and at least four vectors a thread.
    const int64_t wanted = (problem.multiprocessors * int64_t{4} + groups - 1) / groups;
    const int64_t most = length / (int64_t{kThreads} * problem.vector * 4);
    const int64_t splits = std::clamp<int64_t>(std::min(wanted, most), 1, 1024);
    const int64_t step = int64_t{kThreads} * problem.vector;
    params.part = static_cast<int>(((length + splits - 1) / splits + step - 1) / step * step);
    params.splits = static_cast<int>((length + params.part - 1) / params.part);
    shape_.grid = {static_cast<uint32_t>(params.splits), static_cast<uint32_t>(problem.groups),
                   static_cast<uint32_t>(problem.images)};
    shape_.block.x = kThreads;
  }
  size_t scratch_bytes() const override {
    return static_cast<size_t>(problem_.images * problem_.groups * problem_.params.splits) *
           kMomentsBytes;
  }
  std::string implementation() const override { return "group_norm_moments"; }
  void run(const StepMemory& memory) override {
    const GroupNormParams params = with_memory(problem_.params, memory);
    const bool vectors =
        params.plane % problem_.vector == 0 && vector_aligned({params.x, params.y});
    moments_.choose(vectors).launch(memory, shape_, params);
    apply_.choose(vectors).launch(memory, shape_, params);
  }

 private:
  static constexpr int kThreads = 512;
  Problem problem_;
  Pair moments_, apply_;
  LaunchShape shape_;
};

class ChannelsLastGroups : public PreparedStep {
 public:
  ChannelsLastGroups(const StepContext& context, const Problem& problem)
      : problem_(problem),
        moments_(context, "group_norm_last_moments"),
        apply_(context, "group_norm_last_apply"),
        join_(context, "group_norm_last_join") {
    // Parts are the same for both kinds of kernel: those for vectors decide.
    GroupNormParams& params = problem_.params;
    const bool vectors = params.channels % problem.vector == 0;
    const LaunchShape one_part = shape(vectors, 1);
    const int64_t blocks = int64_t{one_part.grid.x} * problem.images;
    const int64_t wanted = (problem.multiprocessors * int64_t{4} + blocks - 1) / blocks;
    const int64_t most = params.plane / (int64_t{one_part.block.y} * 4);
    const int64_t splits = std::clamp<int64_t>(std::min(wanted, most), 1, 256);
    params.part = static_cast<int>((params.plane + splits - 1) / splits);
    params.splits = (params.plane + params.part - 1) / params.part;
  }
  size_t scratch_bytes() const override {
    return totals_offset() +
           static_cast<size_t>(problem_.images * problem_.groups) * 2 * sizeof(float);
  }
  std::string implementation() const override { return "group_norm_last"; }
  void run(const StepMemory& memory) override {
    GroupNormParams params = with_memory(problem_.params, memory);
    params.totals = static_cast<char*>(memory.scratch) + totals_offset();
    const bool vectors =
        params.channels % problem_.vector == 0 && vector_aligned({params.x, params.y});
    const LaunchShape pixels = shape(vectors, params.splits);
    moments_.choose(vectors).launch(memory, pixels, params);
    LaunchShape join;
    join.block.x = 128;
    join.grid.x = blocks_for(problem_.groups, 4);
    join.grid.y = static_cast<uint32_t>(problem_.images);
    join_.launch(memory, join, params);
    apply_.choose(vectors).launch(memory, pixels, params);
  }

 private:
  /// 128 bytes of channels side by side, and 256 threads.
  LaunchShape shape(bool vectors, int splits) const {
    LaunchShape shape;
    shape.block.x = vectors ? 8 : 32;
    shape.block.y = 256 / shape.block.x;
    shape.grid.x = blocks_for(problem_.params.channels,
                              int64_t{shape.block.x} * (vectors ? problem_.vector : 1));
    shape.grid.y = static_cast<uint32_t>(splits);
    shape.grid.z = static_cast<uint32_t>(problem_.images);
    return shape;
  }
  size_t totals_offset() const {
    const auto moments = static_cast<size_t>(problem_.images * problem_.params.splits *
                                             int64_t{problem_.params.channels});
    return (moments * kMomentsBytes + 15) / 16 * 16;
  }

  Problem problem_;
  Pair moments_, apply_;
  JitKernel<GroupNormParams> join_;
};

class NothingToDo : public PreparedStep {
 public:
  void run(const StepMemory&) override {}
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const Problem problem = problem_of(context);
  const StepTensor& x = context.inputs()[0];
  if (x.elements() == 0) return std::make_unique<NothingToDo>();
  if (x.layout == Layout::kChannelsLast) {
    return std::make_unique<ChannelsLastGroups>(context, problem);
  }
  const int64_t length = int64_t{problem.params.plane} * problem.params.group_channels;
  // One block a group is slow where there are few groups of many elements.
  const int64_t fits = problem.images * problem.groups * 4 < problem.multiprocessors
                           ? SmallGroups::kMaxElements / 4
                           : SmallGroups::kMaxElements;
  if (length <= fits) return std::make_unique<SmallGroups>(context, problem);
  return std::make_unique<PlainGroups>(context, problem);
}

}  // namespace

extern const StepDef kJitGroupNorm = {
    .kind = "jit.group_norm",
    .summary = "GroupNormalization and InstanceNormalization.",
    .prepare = prepare,
};

}  // namespace ingot
