// Attention of many heads without the matrix of scores: a block of queries at a time, its scores
// stay in the cache. Q, K and V are read where they lie, also as parts of one packed tensor.
#include <cmath>

#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cpu/kernels/attention_table.h"
#include "runtime/cpu/parallel.h"
#include "runtime/engine/attention_heads.h"

namespace ingot {
namespace {

AttentionHeads float_heads(const StepContext& context, const StepTensor& tensor, int64_t count) {
  if (tensor.dtype != DType::kF32) unsupported(context, "attention of another type than f32");
  return {context, tensor, count};
}

class AttentionStep : public PreparedStep {
 public:
  explicit AttentionStep(const StepContext& context)
      : q_(float_heads(context, context.inputs()[0], context.attributes().integer("q_num_heads"))),
        k_(float_heads(context, context.inputs()[1], context.attributes().integer("kv_num_heads"))),
        v_(float_heads(context, context.inputs()[2], context.attributes().integer("kv_num_heads"))),
        y_(float_heads(context, context.outputs()[0], q_.heads)) {
    const NodeAttributes node(op_named("Attention"), context.attributes());
    for (int i = 4; i < 7; ++i) {
      if (has_input(context, i)) unsupported(context, "attention with a cache or valid lengths");
    }
    for (size_t i = 1; i < context.outputs().size(); ++i) {
      if (context.outputs()[i].present()) unsupported(context, "attention that gives more than Y");
    }
    if (node.number("softcap") != 0) unsupported(context, "attention with a soft cap");
    scale_ =
        node.given("scale") ? node.number("scale") : 1.0F / std::sqrt(static_cast<float>(q_.size));
    causal_ = node.integer("is_causal") != 0;
    if (has_input(context, 3)) set_mask(context, context.inputs()[3]);
    const AttentionTable& table = attention();
    const int64_t panels = (k_.length + table.panel - 1) / table.panel;
    panel_floats_ = panels * table.panel * q_.size;
    thread_floats_ = panel_floats_ + table.rows * panels * table.panel;
    const double work = 2e-2 * static_cast<double>(q_.batch * q_.heads * q_.length * k_.length) *
                        static_cast<double>(q_.size + v_.size);
    const int64_t pairs = q_.batch * q_.heads;
    used_threads_ = worthwhile_threads(context.threads(), work);
    // Few heads are cut into blocks of queries, each of which packs the keys for itself.
    parts_ = pairs % used_threads_ == 0 || pairs > 4 * used_threads_
                 ? 1
                 : std::max<int64_t>(1, std::min<int64_t>(used_threads_, q_.length / 32));
  }

  size_t scratch_bytes() const override {
    return static_cast<size_t>(thread_floats_ * used_threads_) * sizeof(float);
  }

  void run(const StepMemory& memory) override {
    auto* scratch = static_cast<float*>(memory.scratch);
    const int64_t items = q_.batch * q_.heads * parts_;
    const auto threads = static_cast<int>(std::min<int64_t>(used_threads_, items));
    if (y_.batch * y_.heads * y_.length == 0) return;
    parallel_ranges(threads, threads, [&](int64_t first, int64_t last) {
      for (int64_t thread = first; thread < last; ++thread) {
        run_range(memory, scratch + thread * thread_floats_, items * thread / threads,
                  items * (thread + 1) / threads);
      }
    });
  }

 private:
  void set_mask(const StepContext& context, const StepTensor& mask) {
    const int rank = mask.shape.rank();
    boolean_mask_ = mask.dtype == DType::kBool;
    masked_ = true;
    if (!boolean_mask_ && mask.dtype != DType::kF32) unsupported(context, "a mask of another type");
    if (rank > 4) unsupported(context, "a mask of more than 4 axes");
    require_strided(context, mask);
    for (int axis = 0; axis < rank; ++axis) {
      mask_strides_[4 - rank + axis] = mask.shape[axis] == 1 ? 0 : mask.strides[axis];
    }
    if (rank > 0 && mask.shape[rank - 1] != 1 && mask.shape[rank - 1] != k_.length) {
      unsupported(context, "a mask that is shorter than the keys");
    }
  }

  void run_range(const StepMemory& memory, float* scratch, int64_t begin, int64_t end) const {
    const AttentionTable& table = attention();
    const auto* q = static_cast<const float*>(memory.inputs[0]);
    const auto* k = static_cast<const float*>(memory.inputs[1]);
    const auto* v = static_cast<const float*>(memory.inputs[2]);
    auto* y = static_cast<float*>(memory.outputs[0]);
    int64_t packed = -1;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t part = i % parts_, head = i / parts_ % q_.heads, b = i / parts_ / q_.heads;
      const int64_t kv = head / (q_.heads / k_.heads);
      if (packed != b * k_.heads + kv) {
        packed = b * k_.heads + kv;
        table.pack_keys(k + b * k_.batch_stride + kv * k_.head_stride, k_.row_stride, k_.length,
                        k_.size, scratch);
      }
      const int64_t first = q_.length * part / parts_, last = q_.length * (part + 1) / parts_;
      AttentionBlock block{};
      block.q = q + b * q_.batch_stride + head * q_.head_stride + first * q_.row_stride;
      block.q_stride = q_.row_stride;
      block.panels = scratch;
      block.v = v + b * v_.batch_stride + kv * v_.head_stride;
      block.v_stride = v_.row_stride;
      block.y = y + b * y_.batch_stride + head * y_.head_stride + first * y_.row_stride;
      block.y_stride = y_.row_stride;
      block.queries = last - first;
      block.keys = k_.length;
      block.size = q_.size;
      block.value_size = v_.size;
      block.scale = scale_;
      block.mask_row = mask_strides_[2];
      block.mask_key = mask_strides_[3];
      block.causal_first = causal_ ? first : -1;
      block.scores = scratch + panel_floats_;
      if (masked_) {
        const int64_t offset =
            b * mask_strides_[0] + head * mask_strides_[1] + first * mask_strides_[2];
        if (boolean_mask_)
          block.allowed = static_cast<const uint8_t*>(memory.inputs[3]) + offset;
        else
          block.mask = static_cast<const float*>(memory.inputs[3]) + offset;
      }
      table.run(block);
    }
  }

  int used_threads_ = 1;
  AttentionHeads q_, k_, v_, y_;
  float scale_ = 1;
  bool causal_ = false, masked_ = false, boolean_mask_ = false;
  int64_t mask_strides_[4] = {0, 0, 0, 0};
  int64_t panel_floats_ = 0, thread_floats_ = 0, parts_ = 1;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<AttentionStep>(context);
}

}  // namespace

extern const StepDef kCpuAttention = {
    .kind = "cpu.attention",
    .summary = "Attention of many heads, a block of queries at a time.",
    .prepare = prepare,
};

}  // namespace ingot
