// dnnl.conv: convolution with bias and epilogue by oneDNN, channels last or channels in blocks.
#include <fmt/core.h>

#include "compiler/tactics/dnnl_support.h"

namespace ingot {
namespace {

Verdict supports(const TacticNode& node, const Target& target) {
  if (!node.is_constant(1)) return Verdict::no("the weights are computed at run time");
  if (node.input_shape(0).rank() < 3 || node.input_shape(0).rank() > 5) {
    return Verdict::no(
        fmt::format("{} spatial axes; oneDNN has 1 to 3", node.input_shape(0).rank() - 2));
  }
  if (is_byte(node.input_dtype(0))) return dnnl_multiplies_integers(node, target);
  if (node.input_dtype(1) != node.input_dtype(0)) {
    return Verdict::no("input and weights have different types");
  }
  return dnnl_computes(node.input_dtype(0), target);
}

std::vector<Candidate> candidates(const TacticNode& node, const Target& target) {
  std::vector<Candidate> result;
  if (is_byte(node.input_dtype(0))) {  // kernels for integers want channels last
    result.push_back(make_candidate("dnnl.conv", node, target, Layout::kChannelsLast));
    result[0].attributes.set("x_max", largest_value(node));
    return result;
  }
  const int64_t channels = node.input_shape(0)[1];
  const int64_t groups = node.attributes().integer("group", 1);
  for (Layout layout : dnnl_layouts(target)) {
    Candidate candidate = make_candidate("dnnl.conv", node, target, layout);
    // Kernels for blocked outputs read a few plain channels directly (an image).
    const bool image = channels <= 4 && groups == 1;
    if (layout_block(layout) > 1 && image) candidate.inputs[0] = Layout::kPlain;
    result.push_back(std::move(candidate));
  }
  return result;
}

}  // namespace

extern const TacticDef kDnnlConvTactic = {
    .name = "dnnl.conv",
    .summary = "Convolution with bias and epilogue by oneDNN.",
    .ops = {"Conv"},
    .supports = supports,
    .candidates = candidates,
};

}  // namespace ingot
