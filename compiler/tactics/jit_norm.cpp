// jit.layer_norm and jit.group_norm: normalisations by our own kernels.
#include <fmt/format.h>

#include "compiler/tactics/jit_support.h"

namespace ingot {
namespace {

/// The input is a float that kernels know, scale and bias have one type, and nobody wants more than
/// the first output.
Verdict supports_types(const TacticNode& node) {
  for (int i = 0; i < node.input_count(); ++i) {
    if (!node.has_input(i)) continue;
    if (!is_kernel_float(node.input_dtype(i))) {
      return Verdict::no(fmt::format("input {} is {}", i, dtype_name(node.input_dtype(i))));
    }
  }
  if (node.has_input(2) && node.input_dtype(2) != node.input_dtype(1)) {
    return Verdict::no("scale and bias have different types");
  }
  return first_output_only(node);
}

Verdict supports_layer_norm(const TacticNode& node, const Target&) {
  const Verdict vectors = vectors_of_normalized_axes(node);
  return vectors.ok ? supports_types(node) : vectors;
}

Verdict supports_group_norm(const TacticNode& node, const Target&) { return supports_types(node); }

std::string types(const TacticNode& node) {
  return fmt::format("using X = {};\nusing S = {};\nusing Y = {};\n",
                     kernel_type(node.input_dtype(0)), kernel_type(node.input_dtype(1)),
                     kernel_type(node.output_dtype()));
}

std::vector<Candidate> layer_norm_candidates(const TacticNode& node, const Target& target) {
  const KernelSource source{
      "ops/layer_norm.cuh",
      fmt::format("namespace ingot::kernels {{\n{}constexpr bool kRootMeanSquare = {};\n}}\n",
                  types(node), node.op() == "RMSNormalization")};
  Candidate candidate = make_jit_candidate("jit.layer_norm", node, target, Layout::kPlain, source);
  if (node.input_dtype(0) == node.output_dtype()) candidate.in_place_input = 0;
  return {candidate};
}

std::vector<Candidate> group_norm_candidates(const TacticNode& node, const Target& target) {
  std::vector<Candidate> result;
  for (const Layout layout : gpu_layouts(node.input_shape(0).rank())) {
    const KernelSource source{
        layout == Layout::kPlain ? "ops/group_norm.cuh" : "ops/group_norm_last.cuh",
        fmt::format("namespace ingot::kernels {{\n{}}}\n", types(node))};
    result.push_back(make_jit_candidate("jit.group_norm", node, target, layout, source));
    result.back().in_place_input = 0;
  }
  return result;
}

}  // namespace

extern const TacticDef kJitLayerNormTactic = {
    .name = "jit.layer_norm",
    .summary = "LayerNormalization and RMSNormalization, rows in registers.",
    .ops = {"LayerNormalization", "RMSNormalization"},
    .supports = supports_layer_norm,
    .candidates = layer_norm_candidates,
    .device = "cuda",
};

extern const TacticDef kJitGroupNormTactic = {
    .name = "jit.group_norm",
    .summary = "GroupNormalization and InstanceNormalization: moments, then apply.",
    .ops = {"GroupNormalization", "InstanceNormalization"},
    .supports = supports_group_norm,
    .candidates = group_norm_candidates,
    .device = "cuda",
};

}  // namespace ingot
