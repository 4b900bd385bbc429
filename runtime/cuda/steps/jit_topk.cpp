// TopK along any axis of a plain tensor: chunks of rows are sorted and their best kept, as often as it
// takes; the sizes of all rounds follow from the shapes.
#include <algorithm>
#include <limits>
#include <vector>

#include "kernels/params/topk.h"
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cuda/row_launch.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

using kernels::TopKParams;

constexpr int kMaxChunk = 4096;   ///< keys in a block's shared memory
constexpr int kMaxSorted = 1024;  ///< a k up to this shrinks rounds of sorting to a quarter or less
constexpr int kMergeThreads = 256;
constexpr size_t kKeyBytes = 8;

struct Round {
  TopKParams params{};
  bool merge = false;
  LaunchShape shape;
};

int power_of_two(int at_least) {
  int power = 2;
  while (power < at_least) power *= 2;
  return power;
}

Round sort_round(const TopKParams& row, int count, bool first) {
  Round round{row, false, {}};
  TopKParams& params = round.params;
  // Small chunks give more blocks, as long as most of a chunk is dropped.
  const int most = params.k <= kMaxChunk / 8 ? kMaxChunk / 2 : kMaxChunk;
  params.chunk = std::min(power_of_two(count), most);
  const int chunks = (count + params.chunk - 1) / params.chunk;
  params.keep = std::min(params.k, params.chunk);
  params.from_count = first ? 0 : count;
  params.to_count =
      (chunks - 1) * params.keep + std::min(params.keep, count - (chunks - 1) * params.chunk);
  round.shape.grid.x = static_cast<uint32_t>(chunks);
  round.shape.block.x = static_cast<uint32_t>(std::clamp(params.chunk / 2, 32, 1024));
  return round;
}

/// Runs of `keep` keys, of `count` in all.
Round merge_round(const TopKParams& row, int count, int keep) {
  Round round{row, true, {}};
  TopKParams& params = round.params;
  params.from_count = count;
  params.keep = keep;
  params.to_keep = std::min(params.k, 2 * keep);
  const int pairs = count / (2 * keep), rest = count % (2 * keep);
  params.to_count = pairs * params.to_keep + std::min(params.to_keep, rest);
  round.shape.grid.x = blocks_for(count, kMergeThreads);
  round.shape.block.x = kMergeThreads;
  return round;
}

std::vector<Round> rounds_of(const TopKParams& row) {
  std::vector<Round> rounds = {sort_round(row, row.length, true)};
  const auto is_last = [&] {
    const TopKParams& params = rounds.back().params;
    return params.to_count <= (rounds.back().merge ? params.to_keep : params.keep);
  };
  while (!is_last()) {
    const TopKParams& params = rounds.back().params;
    if (row.k <= kMaxSorted) {
      rounds.push_back(sort_round(row, params.to_count, false));
    } else {
      rounds.push_back(
          merge_round(row, params.to_count, rounds.back().merge ? params.to_keep : params.keep));
    }
  }
  for (Round& round : rounds) {
    const int64_t rows = row.rows;
    round.shape.grid.y = static_cast<uint32_t>(std::min<int64_t>(rows, 65535));
    round.shape.grid.z = blocks_for(rows, round.shape.grid.y);
  }
  return rounds;
}

TopKParams row_of(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const NodeAttributes node(op_named("TopK"), context.attributes());
  const int axis = node.axis("axis", x.shape.rank());
  if (!dense_from(x, 0)) unsupported(context, "a window or another layout of TopK");
  TopKParams params{};
  for (const StepTensor& y : context.outputs()) {
    if (!y.present()) continue;
    if (!y.shape_known) unsupported(context, "a K that only the run knows");
    if (!dense_from(y, 0)) unsupported(context, "a window or another layout of TopK");
    params.k = static_cast<int>(y.shape[axis]);
  }
  const MemorySplit split = memory_split(x, axis);
  if (split.length > std::numeric_limits<int>::max() / 2) unsupported(context, "an axis of 2^30");
  if (params.k > split.length) unsupported(context, "a K above the elements of the axis");
  params.rows = split.outer * split.inner;
  params.inner = split.inner;
  params.length = static_cast<int>(split.length);
  return params;
}

class TopKStep : public PreparedStep {
 public:
  TopKStep(const StepContext& context, const TopKParams& row)
      : rounds_(row.k > 0 && row.rows > 0 ? rounds_of(row) : std::vector<Round>{}),
        sort_(context, "topk_sort"),
        merge_(context, "topk_merge") {
    for (size_t i = 0; i < 2; ++i) {
      present_[i] = i < context.outputs().size() && context.outputs()[i].present();
    }
    // Rounds write in turn to the one half and to the other.
    for (size_t i = 0; i + 1 < rounds_.size(); ++i) {
      const auto bytes = static_cast<size_t>(row.rows * rounds_[i].params.to_count) * kKeyBytes;
      half_bytes_[i % 2] = std::max(half_bytes_[i % 2], (bytes + 15) / 16 * 16);
    }
  }

  size_t scratch_bytes() const override { return half_bytes_[0] + half_bytes_[1]; }
  std::string implementation() const override {
    return rounds_.size() > 1 && rounds_.back().merge ? "topk_merge" : "topk_sort";
  }

  void run(const StepMemory& memory) override {
    const auto half = [&](size_t i) {
      return reinterpret_cast<unsigned long long*>(static_cast<char*>(memory.scratch) +
                                                   (i % 2 == 1 ? half_bytes_[0] : 0));
    };
    for (size_t i = 0; i < rounds_.size(); ++i) {
      TopKParams params = rounds_[i].params;
      params.x = memory.inputs[0];
      params.values = present_[0] ? memory.outputs[0] : nullptr;
      params.indices = present_[1] ? static_cast<long long*>(memory.outputs[1]) : nullptr;
      params.from = i == 0 ? nullptr : half(i - 1);
      params.to = i + 1 == rounds_.size() ? nullptr : half(i);
      (rounds_[i].merge ? merge_ : sort_).launch(memory, rounds_[i].shape, params);
    }
  }

 private:
  std::vector<Round> rounds_;
  JitKernel<TopKParams> sort_, merge_;
  bool present_[2] = {};
  size_t half_bytes_[2] = {};
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<TopKStep>(context, row_of(context));
}

}  // namespace

extern const StepDef kJitTopK = {
    .kind = "jit.topk",
    .summary = "TopK along any axis.",
    .prepare = prepare,
};

}  // namespace ingot
