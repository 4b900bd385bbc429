// dnnl.attention: attention as two batched matmuls and a softmax by oneDNN.
#include <fmt/core.h>

#include "compiler/tactics/dnnl_support.h"

namespace ingot {
namespace {

Verdict supports(const TacticNode& node, const Target& target) {
  const Attributes& attributes = node.attributes();
  const Verdict computes = dnnl_computes(node.input_dtype(0), target);
  if (!computes.ok) return computes;
  for (int i = 4; i < node.input_count(); ++i) {
    if (node.has_input(i)) return Verdict::no("it reads past keys and values");
  }
  for (int i = 1; i < node.output_count(); ++i) {
    if (node.node().outputs[static_cast<size_t>(i)]) return Verdict::no("more than Y is wanted");
  }
  if (attributes.integer("is_causal") != 0) return Verdict::no("the mask is causal");
  if (attributes.number("softcap") != 0) return Verdict::no("the scores are capped");
  const Shape q = node.input_shape(0), k = node.input_shape(1);
  const bool packed = q.rank() == 3;
  const int64_t q_heads = packed ? attributes.integer("q_num_heads") : q[1];
  const int64_t kv_heads = packed ? attributes.integer("kv_num_heads") : k[1];
  if (q_heads != kv_heads) {
    return Verdict::no(fmt::format("{} query heads share {} heads of keys", q_heads, kv_heads));
  }
  const DType mask = node.has_input(3) ? node.input_dtype(3) : DType::kF32;
  if (mask != DType::kF32 && mask != node.input_dtype(0)) {
    return Verdict::no(fmt::format("the mask is {}", dtype_name(mask)));
  }
  return Verdict::yes();
}

std::vector<Candidate> candidates(const TacticNode& node, const Target& target) {
  Candidate candidate = make_candidate("dnnl.attention", node, target, Layout::kPlain);
  candidate.reads_windows = true;
  candidate.writes_windows = true;
  return {candidate};
}

}  // namespace

extern const TacticDef kDnnlAttentionTactic = {
    .name = "dnnl.attention",
    .summary = "Attention as two batched matmuls and a softmax by oneDNN.",
    .ops = {"Attention"},
    .supports = supports,
    .candidates = candidates,
};

}  // namespace ingot
