// Attention of many heads without the matrix of scores. Q, K, V and the mask are read where they
// lie, also as parts of one packed tensor, and heads may be parts of the last axis.
#include <cmath>

#include "kernels/params/attention.h"
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cuda/jit_kernel.h"
#include "runtime/engine/attention_heads.h"

namespace ingot {
namespace {

using kernels::AttentionParams;
using kernels::HeadStrides;

// Kernels that copy pieces compute distances in a tile of rows with 32 bits.
constexpr int64_t kLongestRow = 1 << 23;

struct Heads : AttentionHeads {
  HeadStrides strides;

  Heads(const StepContext& context, const StepTensor& tensor, int64_t head_count)
      : AttentionHeads(context, tensor, head_count),
        strides{batch_stride, head_stride, row_stride} {}

  /// Rows begin at multiples of `step` elements, if the tensor does.
  bool in_steps_of(int64_t step) const {
    return size % step == 0 && strides.row <= kLongestRow && strides.batch % step == 0 &&
           strides.head % step == 0 && strides.row % step == 0;
  }
};

bool aligned_to(const void* address, size_t bytes) {
  return reinterpret_cast<uintptr_t>(address) % bytes == 0;
}

class JitAttentionStep : public PreparedStep {
 public:
  explicit JitAttentionStep(const StepContext& context)
      : fma_(context.attributes().text("kernel") == "attention_fma"),
        kernel_(context, context.attributes().text("kernel")) {
    const NodeAttributes node(op_named("Attention"), context.attributes());
    const Heads q(context, context.inputs()[0], node.integer("q_num_heads"));
    const Heads k(context, context.inputs()[1], node.integer("kv_num_heads"));
    const Heads v(context, context.inputs()[2], node.integer("kv_num_heads"));
    const Heads y(context, context.outputs()[0], q.heads);
    const auto head_size = static_cast<int>(context.attributes().integer("head_size"));
    const auto value_size = static_cast<int>(context.attributes().integer("value_size"));
    if (q.size > head_size || v.size > value_size) {
      unsupported(context, "heads larger than the kernel was made for");
    }
    params_.q_strides = q.strides;
    params_.k_strides = k.strides;
    params_.v_strides = v.strides;
    params_.y_strides = y.strides;
    params_.heads = static_cast<int>(q.heads);
    params_.heads_per_group = static_cast<int>(q.heads / k.heads);
    params_.queries = static_cast<int>(q.length);
    params_.keys = static_cast<int>(k.length);
    params_.head_size = static_cast<int>(q.size);
    params_.value_size = static_cast<int>(v.size);
    params_.causal = node.integer("is_causal") != 0;
    params_.scale =
        node.given("scale") ? node.number("scale") : 1.0F / std::sqrt(static_cast<float>(q.size));
    if (has_input(context, 3)) set_mask(context, context.inputs()[3]);

    const int64_t step = fma_ ? 4 : 8;
    piece_bytes_ = static_cast<size_t>(step) * dtype_bytes(context.inputs()[0].dtype);
    q_in_steps_ = q.in_steps_of(step);
    k_in_steps_ = k.in_steps_of(step);
    v_in_steps_ = v.in_steps_of(step);
    y_in_steps_ = y.in_steps_of(step);

    const auto rows = static_cast<int>(context.attributes().integer("rows"));
    params_.query_tiles = static_cast<int>((q.length + rows - 1) / rows);
    launch_.grid.x = static_cast<uint32_t>(q.batch * q.heads * params_.query_tiles);
    const auto key_warps = static_cast<int>(context.attributes().integer("key_warps"));
    launch_.block.x = static_cast<uint32_t>(context.attributes().integer("threads"));
    launch_.shared_bytes = static_cast<uint32_t>(
        fma_
            ? kernels::plain_attention_shared_bytes(head_size, value_size)
            : kernels::attention_shared_bytes(
                  rows, static_cast<int>(context.attributes().integer("keys")), key_warps,
                  head_size, value_size, static_cast<int>(context.attributes().integer("stages"))));
  }

  void run(const StepMemory& memory) override {
    if (launch_.grid.x == 0) return;
    AttentionParams params = params_;
    params.q = memory.inputs[0];
    params.k = memory.inputs[1];
    params.v = memory.inputs[2];
    params.y = memory.outputs[0];
    params.q_aligned = q_in_steps_ && aligned_to(params.q, piece_bytes_);
    params.k_aligned = k_in_steps_ && aligned_to(params.k, piece_bytes_);
    params.v_aligned = v_in_steps_ && aligned_to(params.v, piece_bytes_);
    params.y_aligned = y_in_steps_ && aligned_to(params.y, piece_bytes_);
    if (masked_) {
      params.mask = memory.inputs[3];
      params.mask_pairs = mask_in_pairs_ && aligned_to(params.mask, mask_pair_bytes_);
    }
    kernel_.launch(memory, launch_, params);
  }

 private:
  void set_mask(const StepContext& context, const StepTensor& mask) {
    const int rank = mask.shape.rank();
    long long strides[4] = {0, 0, 0, 0};
    for (int axis = 0; axis < rank; ++axis) {
      strides[4 - rank + axis] = mask.shape[axis] == 1 ? 0 : mask.strides[axis];
    }
    if (rank > 0 && mask.shape[rank - 1] != 1 && mask.shape[rank - 1] != params_.keys) {
      unsupported(context, "a mask that is shorter than the keys");
    }
    masked_ = true;
    params_.mask_strides = {strides[0], strides[1], strides[2]};
    params_.mask_key_stride = strides[3];
    mask_pair_bytes_ = 2 * dtype_bytes(mask.dtype);
    mask_in_pairs_ = strides[3] == 1 && params_.keys % 2 == 0 && strides[0] % 2 == 0 &&
                     strides[1] % 2 == 0 && strides[2] % 2 == 0;
  }

  bool fma_;
  JitKernel<AttentionParams> kernel_;
  AttentionParams params_ = {};
  LaunchShape launch_;
  size_t piece_bytes_ = 16, mask_pair_bytes_ = 4;
  bool q_in_steps_ = false, k_in_steps_ = false, v_in_steps_ = false, y_in_steps_ = false;
  bool masked_ = false, mask_in_pairs_ = false;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<JitAttentionStep>(context);
}

}  // namespace

extern const StepDef kJitAttention = {
    .kind = "jit.attention",
    .summary = "Attention of many heads, a block of queries at a time, scores in registers.",
    .prepare = prepare,
};

}  // namespace ingot
