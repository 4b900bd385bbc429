// jit.reduce: reductions and global pools by our own kernel, in the layout that comes.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compiler/tactics/jit_support.h"
#include "kernels/params/reduce.h"

namespace ingot {
namespace {

struct Kind {
  std::string_view op;
  kernels::ReduceFold fold;
  kernels::ReduceFinish finish = kernels::kFinishNothing;
};
constexpr std::array kKinds = {
    Kind{"ReduceSum", kernels::kFoldSum},
    Kind{"ReduceMean", kernels::kFoldSum, kernels::kFinishMean},
    Kind{"ReduceMax", kernels::kFoldMax},
    Kind{"ReduceMin", kernels::kFoldMin},
    Kind{"ReduceProd", kernels::kFoldProduct},
    Kind{"ReduceL1", kernels::kFoldAbsolute},
    Kind{"ReduceL2", kernels::kFoldSquare, kernels::kFinishRoot},
    Kind{"ReduceSumSquare", kernels::kFoldSquare},
    Kind{"ReduceLogSum", kernels::kFoldSum, kernels::kFinishLogarithm},
    Kind{"ReduceLogSumExp", kernels::kFoldExponential},
    Kind{"GlobalAveragePool", kernels::kFoldSum, kernels::kFinishMean},
    Kind{"GlobalMaxPool", kernels::kFoldMax},
    Kind{"GlobalLpPool", kernels::kFoldSquare, kernels::kFinishRoot},
};

Kind kind_of(const TacticNode& node) {
  if (node.op() == "GlobalLpPool" && node.attributes().integer("p", 2) == 1) {
    return {"GlobalLpPool", kernels::kFoldAbsolute};
  }
  return *std::find_if(kKinds.begin(), kKinds.end(),
                       [&](const Kind& kind) { return kind.op == node.op(); });
}

Verdict supports(const TacticNode& node, const Target&) {
  if (node.has_input(1) && !node.is_constant(1)) return Verdict::no("axes computed at run time");
  if (node.op() == "GlobalLpPool" && node.attributes().integer("p", 2) != 1 &&
      node.attributes().integer("p", 2) != 2) {
    return Verdict::no("a norm of another p than 1 or 2");
  }
  const DType dtype = node.input_dtype(0);
  if (is_kernel_float(dtype)) return Verdict::yes();
  const Kind kind = kind_of(node);
  const bool extreme = kind.fold == kernels::kFoldMax || kind.fold == kernels::kFoldMin;
  // Of quantised numbers: a float.
  if (node.op() == "GlobalAveragePool" && is_kernel_byte(dtype)) return Verdict::yes();
  const bool whole =
      kind.fold != kernels::kFoldExponential &&
      (kind.finish == kernels::kFinishNothing || kind.finish == kernels::kFinishMean);
  switch (dtype) {
    case DType::kI32:
    case DType::kI64:
      if (whole) return Verdict::yes();
      break;
    case DType::kBool:
    case DType::kI8:
    case DType::kU8:
      if (extreme) return Verdict::yes();
      break;
    default:
      break;
  }
  return Verdict::no(fmt::format("no {} of {}", node.op(), dtype_name(dtype)));
}

std::vector<Candidate> candidates(const TacticNode& node, const Target& target) {
  const Kind kind = kind_of(node);
  const KernelSource source{
      "ops/reduce.cuh",
      fmt::format("namespace ingot::kernels {{\nusing X = {};\nusing Y = {};\n"
                  "constexpr int kFold = {};\n"
                  "constexpr int kFinish = {};\n}}\n",
                  kernel_type(node.input_dtype(0)), kernel_type(node.output_dtype()),
                  static_cast<int>(kind.fold), static_cast<int>(kind.finish))};
  std::vector<Candidate> result;
  const int rank = node.input_shape(0).rank();
  for (const Layout layout : gpu_layouts(rank)) {
    Candidate candidate = make_jit_candidate("jit.reduce", node, target, layout, source);
    if (node.output_shape().rank() != rank) candidate.outputs[0] = Layout::kPlain;
    if (candidate.inputs.size() > 1) candidate.inputs[1] = Layout::kPlain;
    candidate.reads_windows = candidate.writes_windows = true;
    result.push_back(std::move(candidate));
  }
  return result;
}

}  // namespace

extern const TacticDef kJitReduceTactic = {
    .name = "jit.reduce",
    .summary = "Reductions over any axes, and global pools.",
    .ops = {"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1",
            "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp", "GlobalAveragePool",
            "GlobalMaxPool", "GlobalLpPool"},
    .supports = supports,
    .candidates = candidates,
    .device = "cuda",
};

}  // namespace ingot
