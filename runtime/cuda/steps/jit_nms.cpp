// NonMaxSuppression on the GPU. How many boxes stay is known when its kernels have ended, so that it
// waits for them, copies what stays to the host, and gives the output its size there.
#include <algorithm>
#include <cstring>
#include <limits>
#include <mutex>

#include "kernels/params/nms.h"
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cuda/jit_kernel.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

using kernels::NmsParams;

constexpr int64_t kMostBoxes = int64_t{8192} * 32;  ///< kernels/ops/nms.cuh
constexpr uint32_t kSelectThreads = 512, kPackThreads = 256;
constexpr size_t kTriple = 3 * sizeof(int64_t);
constexpr int64_t kCopiedAtOnce = 256;  ///< triples that come with their number

template <typename T>
T constant_or(const StepContext& context, int input, T otherwise) {
  if (!has_input(context, input)) return otherwise;
  const void* given = context.inputs()[static_cast<size_t>(input)].constant;
  if (!given) unsupported(context, "limits computed at run time");
  T value;
  std::memcpy(&value, given, sizeof value);
  return value;
}

NmsParams params_of(const StepContext& context) {
  const StepTensor& boxes = context.inputs()[0];
  const StepTensor& scores = context.inputs()[1];
  if (!dense_from(boxes, 0) || !dense_from(scores, 0)) {
    unsupported(context, "a window of NonMaxSuppression");
  }
  const Shape& shape = scores.shape;
  if (!(boxes.shape == Shape{shape[0], shape[2], 4})) {
    unsupported(context, "boxes that do not belong to the scores");
  }
  if (shape[2] > kMostBoxes || shape[0] * shape[1] > std::numeric_limits<int>::max()) {
    unsupported(context, "more than 262144 boxes");
  }
  const NodeAttributes node(op_named("NonMaxSuppression"), context.attributes());
  NmsParams params{};
  params.batches = static_cast<int>(shape[0]);
  params.classes = static_cast<int>(shape[1]);
  params.count = static_cast<int>(shape[2]);
  params.limit =
      static_cast<int>(std::clamp<int64_t>(constant_or<int64_t>(context, 2, 0), 0, shape[2]));
  params.overlap = constant_or<float>(context, 3, 0);
  params.score = constant_or<float>(context, 4, 0);
  params.has_score = has_input(context, 4) ? 1 : 0;
  params.center_points = node.integer("center_point_box") != 0 ? 1 : 0;
  return params;
}

class NmsStep : public PreparedStep {
 public:
  NmsStep(const StepContext& context, const NmsParams& params)
      : params_(params),
        groups_(int64_t{params.batches} * params.classes),
        most_(groups_ * params.limit),
        select_(context, "nms_select"),
        pack_(context, "nms_pack"),
        queue_(context.device()->make_queue()),
        copied_(context.device()->allocate_host(picked_at() + at_once() * kTriple)) {}

  size_t scratch_bytes() const override {
    return counts_at() + static_cast<size_t>(groups_) * sizeof(int);
  }

  void run(const StepMemory& memory) override {
    if (most_ == 0) {
      (*memory.allocate)(0, DType::kI64, {0, 3});
      return;
    }
    auto* scratch = static_cast<char*>(memory.scratch);
    NmsParams params = params_;
    params.boxes = memory.inputs[0];
    params.scores = memory.inputs[1];
    params.total = reinterpret_cast<long long*>(scratch);
    params.picked = reinterpret_cast<long long*>(scratch + picked_at());
    params.kept = reinterpret_cast<int*>(scratch + kept_at());
    params.kept_counts = reinterpret_cast<int*>(scratch + counts_at());
    select_.launch(
        memory, {.grid = {static_cast<uint32_t>(groups_), 1, 1}, .block = {kSelectThreads, 1, 1}},
        params);
    pack_.launch(memory, {.grid = {1, 1, 1}, .block = {kPackThreads, 1, 1}}, params);
    // Contexts share what was prepared, and this memory with it.
    const std::lock_guard lock(mutex_);
    auto* copied = static_cast<char*>(copied_.get());
    queue_->use_stream(memory.stream);
    queue_->copy(copied, scratch, picked_at() + at_once() * kTriple);
    queue_->synchronize();
    int64_t total = 0;
    std::memcpy(&total, copied, sizeof total);
    void* y = (*memory.allocate)(0, DType::kI64, {total, 3});
    const size_t bytes = static_cast<size_t>(total) * kTriple;
    if (total <= static_cast<int64_t>(at_once())) {
      std::memcpy(y, copied + picked_at(), bytes);
    } else {
      queue_->copy(y, scratch + picked_at(), bytes);
      queue_->synchronize();
    }
    queue_->use_stream(nullptr);
  }

 private:
  // Scratch: the number of triples, the triples, boxes kept by class, their numbers.
  static constexpr size_t picked_at() { return 16; }
  size_t kept_at() const { return picked_at() + static_cast<size_t>(most_) * kTriple; }
  size_t counts_at() const { return kept_at() + static_cast<size_t>(most_) * sizeof(int); }
  size_t at_once() const { return static_cast<size_t>(std::min(most_, kCopiedAtOnce)); }

  NmsParams params_;
  int64_t groups_, most_;
  JitKernel<NmsParams> select_, pack_;
  std::mutex mutex_;
  std::unique_ptr<DeviceQueue> queue_;
  std::shared_ptr<void> copied_;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<NmsStep>(context, params_of(context));
}

}  // namespace

extern const StepDef kJitNms = {
    .kind = "jit.nms",
    .summary = "NonMaxSuppression: its output is the host's.",
    .prepare = prepare,
};

}  // namespace ingot
