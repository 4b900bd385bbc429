// dnnl.deconv: transposed convolution with bias and epilogue by oneDNN.
#include "compiler/tactics/dnnl_support.h"

namespace ingot {
namespace {

Verdict supports(const TacticNode& node, const Target& target) {
  if (!node.is_constant(1)) return Verdict::no("the weights are computed at run time");
  const int rank = node.input_shape(0).rank();
  if (rank < 3 || rank > 5) return Verdict::no("oneDNN has 1 to 3 spatial axes");
  return dnnl_computes(node.input_dtype(0), target);
}

std::vector<Candidate> candidates(const TacticNode& node, const Target& target) {
  std::vector<Candidate> result;
  for (Layout layout : dnnl_layouts(target)) {
    result.push_back(make_candidate("dnnl.deconv", node, target, layout));
  }
  return result;
}

}  // namespace

extern const TacticDef kDnnlDeconvTactic = {
    .name = "dnnl.deconv",
    .summary = "Transposed convolution with bias and epilogue by oneDNN.",
    .ops = {"ConvTranspose"},
    .supports = supports,
    .candidates = candidates,
};

}  // namespace ingot
