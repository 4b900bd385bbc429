// Attention by oneDNN: two batched matmuls that read the heads through strides (packed or windowed
// Q, K and V too), scale and mask as post-ops of the first, softmax between them.
#include <algorithm>
#include <cmath>

#include "runtime/cpu/dnnl/primitive.h"

namespace ingot {
namespace {

using dnnl::memory;

/// Q, K, V or Y as [batch, heads, rows, columns], whichever form it has.
struct Heads {
  int64_t batch, heads, rows, columns;
  memory::dims strides;
  memory::data_type type;

  Heads(const StepTensor& tensor, int64_t head_count) {
    const Shape& shape = tensor.shape;
    const Shape& step = tensor.strides;
    batch = shape[0];
    type = dnnl_type(tensor.dtype);
    if (shape.rank() == 3) {
      heads = head_count;
      rows = shape[1];
      columns = shape[2] / heads;
      strides = {step[0], columns * step[2], step[1], step[2]};
    } else {
      heads = shape[1];
      rows = shape[2];
      columns = shape[3];
      strides = {step[0], step[1], step[2], step[3]};
    }
  }
  memory::desc desc() const { return memory::desc({batch, heads, rows, columns}, type, strides); }
  memory::desc transposed() const {
    return memory::desc({batch, heads, columns, rows}, type,
                        {strides[0], strides[1], strides[3], strides[2]});
  }
};

class AttentionStep : public PreparedStep {
 public:
  explicit AttentionStep(const StepContext& context) {
    const auto& inputs = context.inputs();
    const Attributes& attributes = context.attributes();
    const Heads q(inputs[0], attributes.integer("q_num_heads"));
    const Heads k(inputs[1], attributes.integer("kv_num_heads"));
    const Heads v(inputs[2], attributes.integer("kv_num_heads"));
    const Heads y(context.outputs()[0], attributes.integer("q_num_heads"));
    const memory::desc scores({q.batch, q.heads, q.rows, k.rows}, memory::data_type::f32,
                              memory::format_tag::abcd);
    // Scores keep all digits until they are weights of V, which multiply it in its type.
    const bool in_place = v.type == memory::data_type::f32;
    const memory::desc weights({q.batch, q.heads, q.rows, k.rows}, v.type,
                               memory::format_tag::abcd);
    const float given = attributes.number("scale");
    const float scale = given != 0 ? given : 1.0F / std::sqrt(static_cast<float>(q.columns));
    const bool masked = inputs.size() > 3 && inputs[3].present();

    dnnl::post_ops ops;
    ops.append_eltwise(dnnl::algorithm::eltwise_linear, scale, 0);
    const memory::desc mask = masked ? dnnl_desc(inputs[3], 4) : memory::desc();
    if (masked) ops.append_binary(dnnl::algorithm::binary_add, mask);
    dnnl::primitive_attr first = user_scratch();
    first.set_post_ops(ops);
    const dnnl::matmul::primitive_desc qk(dnnl_engine(), q.desc(), k.transposed(), scores, first);
    const dnnl::softmax_forward::primitive_desc normalise(
        dnnl_engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::softmax_accurate,
        scores, weights, 3, user_scratch());
    const dnnl::matmul::primitive_desc pv(dnnl_engine(), weights, v.desc(), y.desc(),
                                          user_scratch());

    const size_t scores_end = (scores.get_size() + 63) / 64 * 64;
    const size_t weights_at = in_place ? 0 : scores_end;
    const size_t after_scores =
        in_place ? scores_end : scores_end + (weights.get_size() + 63) / 64 * 64;
    scratch_bytes_ = after_scores + std::max({qk.scratchpad_desc().get_size(),
                                              normalise.scratchpad_desc().get_size(),
                                              pv.scratchpad_desc().get_size()});
    qk_.set_primitive(dnnl::matmul(qk));
    qk_.bind_input(DNNL_ARG_SRC, q.desc(), 0);
    qk_.bind_input(DNNL_ARG_WEIGHTS, k.transposed(), 1);
    qk_.bind_scratch(DNNL_ARG_DST, scores, 0);
    if (masked) qk_.bind_input(DNNL_ARG_ATTR_MULTIPLE_POST_OP(1) | DNNL_ARG_SRC_1, mask, 3);
    qk_.bind_scratch(DNNL_ARG_SCRATCHPAD, qk.scratchpad_desc(), after_scores);
    softmax_.set_primitive(dnnl::softmax_forward(normalise));
    softmax_.bind_scratch(DNNL_ARG_SRC, scores, 0);
    softmax_.bind_scratch(DNNL_ARG_DST, weights, weights_at);
    softmax_.bind_scratch(DNNL_ARG_SCRATCHPAD, normalise.scratchpad_desc(), after_scores);
    pv_.set_primitive(dnnl::matmul(pv));
    pv_.bind_scratch(DNNL_ARG_SRC, weights, weights_at);
    pv_.bind_input(DNNL_ARG_WEIGHTS, v.desc(), 2);
    pv_.bind_output(DNNL_ARG_DST, y.desc(), 0);
    pv_.bind_scratch(DNNL_ARG_SCRATCHPAD, pv.scratchpad_desc(), after_scores);
    implementation_ = std::string(qk.impl_info_str()) + "+" + normalise.impl_info_str();
  }

  size_t scratch_bytes() const override { return scratch_bytes_; }
  std::string implementation() const override { return implementation_; }
  void run(const StepMemory& memory) override {
    qk_.run(memory);
    softmax_.run(memory);
    pv_.run(memory);
  }

 private:
  static dnnl::primitive_attr user_scratch() {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attributes;
  }

  BoundPrimitive qk_, softmax_, pv_;
  size_t scratch_bytes_ = 0;
  std::string implementation_;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<AttentionStep>(context);
}

}  // namespace

extern const StepDef kDnnlAttention = {
    .kind = "dnnl.attention",
    .summary = "Attention as two batched matmuls and a softmax by oneDNN.",
    .prepare = prepare_dnnl<prepare>,
};

}  // namespace ingot
