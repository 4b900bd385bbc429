// jit.nms: NonMaxSuppression on the GPU; what stays goes to the host, as its number is known only then.
#include <fmt/format.h>

#include "compiler/tactics/jit_support.h"

namespace ingot {
namespace {

Verdict supports(const TacticNode& node, const Target&) {
  for (int i = 0; i < 2; ++i) {
    if (!is_kernel_float(node.input_dtype(i))) {
      return Verdict::no(fmt::format("boxes and scores of {}", dtype_name(node.input_dtype(i))));
    }
  }
  for (int i = 2; i < node.input_count(); ++i) {
    if (node.has_input(i) && !node.is_constant(i)) {
      return Verdict::no("a limit or threshold is computed at run time");
    }
  }
  constexpr int64_t kMostBoxes = 262144;  // kernels/ops/nms.cuh
  if (node.input_shape(1)[2] > kMostBoxes) return Verdict::no("more than 262144 boxes");
  return Verdict::yes();
}

std::vector<Candidate> candidates(const TacticNode& node, const Target& target) {
  const std::string preamble =
      fmt::format("namespace ingot::kernels {{\nusing Boxes = {};\nusing Scores = {};\n}}\n",
                  kernel_type(node.input_dtype(0)), kernel_type(node.input_dtype(1)));
  Candidate candidate =
      make_jit_candidate("jit.nms", node, target, Layout::kPlain, {"ops/nms.cuh", preamble});
  candidate.outputs[0] = Layout::kHost;
  return {candidate};
}

}  // namespace

extern const TacticDef kJitNmsTactic = {
    .name = "jit.nms",
    .summary = "NonMaxSuppression, a block for each class.",
    .ops = {"NonMaxSuppression"},
    .supports = supports,
    .candidates = candidates,
    .device = "cuda",
};

}  // namespace ingot
