// cpu.attention: Attention with the scores of a block of queries in the cache.
#include "compiler/tactics/tactic.h"

namespace ingot {
namespace {

Verdict supports(const TacticNode& node, const Target&) {
  const DType dtype = node.input_dtype(0);
  if (dtype == DType::kF32) return Verdict::yes();
  return Verdict::no("the kernel computes f32, not " + std::string(dtype_name(dtype)));
}

std::vector<Candidate> candidates(const TacticNode& node, const Target& target);

}  // namespace

extern const TacticDef kCpuAttentionTactic = {
    .name = "cpu.attention",
    .summary = "Attention with the scores of a block of queries in the cache.",
    .ops = {"Attention"},
    .supports = supports,
    .candidates = candidates,
};

namespace {

std::vector<Candidate> candidates(const TacticNode& node, const Target& target) {
  return {make_candidate(kCpuAttentionTactic, "cpu.attention", node, target, Layout::kPlain)};
}

}  // namespace

}  // namespace ingot
