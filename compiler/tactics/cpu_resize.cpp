// cpu.resize: Resize of images by nearest and linear interpolation.
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

extern const TacticDef kCpuResizeTactic = {
    .name = "cpu.resize",
    .summary = "Resize of images by nearest and linear interpolation.",
    .ops = {"Resize"},
    .supports = supports,
    .candidates = candidates,
};

namespace {

std::vector<Candidate> candidates(const TacticNode& node, const Target& target) {
  std::vector<Layout> layouts{Layout::kPlain};
  if (node.input_shape(0).rank() >= 3) {
    layouts = {Layout::kChannelsLast, target.cpu.avx512 ? Layout::kBlocked16 : Layout::kBlocked8,
               Layout::kPlain};
  }
  std::vector<Candidate> result;
  for (Layout layout : layouts) {
    result.push_back(make_candidate(kCpuResizeTactic, "cpu.resize", node, target, layout));
  }
  return result;
}

}  // namespace

}  // namespace ingot
