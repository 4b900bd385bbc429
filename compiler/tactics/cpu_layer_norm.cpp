// cpu.layer_norm: LayerNormalization and RMSNormalization over the last axes.
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

extern const TacticDef kCpuLayerNormTactic = {
    .name = "cpu.layer_norm",
    .summary = "LayerNormalization and RMSNormalization over the last axes.",
    .ops = {"LayerNormalization", "RMSNormalization"},
    .supports = supports,
    .candidates = candidates,
};

namespace {

std::vector<Candidate> candidates(const TacticNode& node, const Target& target) {
  return {make_candidate(kCpuLayerNormTactic, "cpu.layer_norm", node, target, Layout::kPlain)};
}

}  // namespace

}  // namespace ingot
