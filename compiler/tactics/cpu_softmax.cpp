// cpu.softmax: Softmax and LogSoftmax along any axis.
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

extern const TacticDef kCpuSoftmaxTactic = {
    .name = "cpu.softmax",
    .summary = "Softmax and LogSoftmax along any axis.",
    .ops = {"Softmax", "LogSoftmax"},
    .supports = supports,
    .candidates = candidates,
};

namespace {

std::vector<Candidate> candidates(const TacticNode& node, const Target& target) {
  return {make_candidate(kCpuSoftmaxTactic, "cpu.softmax", node, target, Layout::kPlain)};
}

}  // namespace

}  // namespace ingot
