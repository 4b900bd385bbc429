// jit.softmax: Softmax and LogSoftmax by our own kernel, in the layout that comes.
#include <fmt/format.h>

#include "compiler/tactics/jit_support.h"

namespace ingot {
namespace {

Verdict supports(const TacticNode& node, const Target&) {
  if (!is_kernel_float(node.input_dtype(0))) {
    return Verdict::no(fmt::format("no softmax of {}", dtype_name(node.input_dtype(0))));
  }
  if (node.input_shape(0).rank() == 0) return Verdict::no("a scalar");
  return Verdict::yes();
}

std::vector<Candidate> candidates(const TacticNode& node, const Target& target) {
  const KernelSource source{
      "ops/softmax.cuh", fmt::format("namespace ingot::kernels {{\nusing X = {};\n"
                                     "constexpr bool kLogarithm = {};\n}}\n",
                                     kernel_type(node.input_dtype(0)), node.op() == "LogSoftmax")};
  std::vector<Candidate> result;
  for (const Layout layout : gpu_layouts(node.input_shape(0).rank())) {
    result.push_back(make_jit_candidate("jit.softmax", node, target, layout, source));
    result.back().in_place_input = 0;
  }
  return result;
}

}  // namespace

extern const TacticDef kJitSoftmaxTactic = {
    .name = "jit.softmax",
    .summary = "Softmax and LogSoftmax along any axis, rows in registers.",
    .ops = {"Softmax", "LogSoftmax"},
    .supports = supports,
    .candidates = candidates,
    .device = "cuda",
};

}  // namespace ingot
