// jit.arg_reduce, jit.cumsum and jit.topk: what searches, adds up and sorts along an axis.
#include <fmt/format.h>

#include "compiler/tactics/jit_support.h"

namespace ingot {
namespace {

Verdict supports_types(const TacticNode& node, bool long_integers) {
  const DType dtype = node.input_dtype(0);
  if (is_kernel_float(dtype) || dtype == DType::kI32 || (long_integers && dtype == DType::kI64)) {
    return Verdict::yes();
  }
  return Verdict::no(fmt::format("no {} of {}", node.op(), dtype_name(dtype)));
}

Verdict supports_arg_reduce(const TacticNode& node, const Target&) {
  return supports_types(node, true);
}

Verdict supports_cumsum(const TacticNode& node, const Target&) {
  if (!node.is_constant(1)) return Verdict::no("an axis computed at run time");
  if (node.input_shape(0).rank() == 0) return Verdict::no("a scalar");
  return supports_types(node, true);
}

Verdict supports_topk(const TacticNode& node, const Target&) {
  for (int i = 0; i < node.output_count(); ++i) {
    if (node.output_dtype(i) != DType::kUndefined && !node.output_size_known(i)) {
      return Verdict::no("K is computed at run time");
    }
  }
  return supports_types(node, false);
}

std::string preamble(const TacticNode& node, const std::string& constants) {
  return fmt::format("namespace ingot::kernels {{\nusing X = {};\n{}}}\n",
                     kernel_type(node.input_dtype(0)), constants);
}

std::vector<Candidate> arg_reduce_candidates(const TacticNode& node, const Target& target) {
  const KernelSource source{
      "ops/arg_reduce.cuh",
      preamble(node, fmt::format("constexpr bool kLargest = {}, kSelectLast = {};\n",
                                 node.op() == "ArgMax",
                                 node.attributes().integer("select_last_index") != 0))};
  const Shape x = node.input_shape(0), y = node.output_shape();
  const int64_t axis = node.attributes().integer("axis");
  std::vector<Candidate> result;
  for (const Layout layout : gpu_layouts(x.rank())) {
    const bool keeps_rank = y.rank() == x.rank();
    // The order of the axes that are left is that of a plain tensor only if the channels go.
    if (layout != Layout::kPlain && !keeps_rank && axis != 1 && axis != 1 - x.rank()) continue;
    Candidate candidate = make_jit_candidate("jit.arg_reduce", node, target, layout, source);
    if (!keeps_rank) candidate.outputs[0] = Layout::kPlain;
    result.push_back(std::move(candidate));
  }
  return result;
}

std::vector<Candidate> cumsum_candidates(const TacticNode& node, const Target& target) {
  Candidate candidate = make_jit_candidate("jit.cumsum", node, target, Layout::kPlain,
                                           {"ops/cumsum.cuh", preamble(node, "")});
  candidate.in_place_input = 0;
  return {candidate};
}

std::vector<Candidate> topk_candidates(const TacticNode& node, const Target& target) {
  const std::string largest =
      fmt::format("constexpr bool kLargest = {};\n", node.attributes().integer("largest", 1) != 0);
  return {make_jit_candidate("jit.topk", node, target, Layout::kPlain,
                             {"ops/topk.cuh", preamble(node, largest)})};
}

}  // namespace

extern const TacticDef kJitArgReduceTactic = {
    .name = "jit.arg_reduce",
    .summary = "ArgMax and ArgMin along any axis.",
    .ops = {"ArgMax", "ArgMin"},
    .supports = supports_arg_reduce,
    .candidates = arg_reduce_candidates,
    .device = "cuda",
};

extern const TacticDef kJitCumSumTactic = {
    .name = "jit.cumsum",
    .summary = "CumSum along any axis.",
    .ops = {"CumSum"},
    .supports = supports_cumsum,
    .candidates = cumsum_candidates,
    .device = "cuda",
};

extern const TacticDef kJitTopKTactic = {
    .name = "jit.topk",
    .summary = "TopK along any axis, by sorting chunks in shared memory.",
    .ops = {"TopK"},
    .supports = supports_topk,
    .candidates = topk_candidates,
    .device = "cuda",
};

}  // namespace ingot
