// dnnl.softmax and dnnl.layer_norm: normalisations by oneDNN.
#include "compiler/tactics/dnnl_support.h"

namespace ingot {
namespace {

Verdict supports_softmax(const TacticNode& node, const Target& target) {
  if (node.input_shape(0).rank() == 0) return Verdict::no("a scalar");
  if (node.input_shape(0).rank() > 5) return Verdict::no("more than 5 axes");
  return dnnl_computes(node.input_dtype(0), target);
}

Verdict supports_layer_norm(const TacticNode& node, const Target& target) {
  const int rank = node.input_shape(0).rank();
  const int64_t axis = node.attributes().integer("axis", -1);
  if (axis != -1 && axis != rank - 1) return Verdict::no("more than the last axis is normalised");
  if (rank < 2 || rank > 5) return Verdict::no("oneDNN has 2 to 5 axes");
  for (int i = 1; i < node.output_count(); ++i) {
    if (node.node().outputs[static_cast<size_t>(i)]) return Verdict::no("mean or deviation wanted");
  }
  for (int i = 1; i < node.input_count(); ++i) {
    if (!node.has_input(i)) continue;
    if (node.input_dtype(i) != DType::kF32) return Verdict::no("scale and bias are not f32");
    if (node.input_shape(i).rank() != 1) return Verdict::no("scale and bias are no vectors");
  }
  return dnnl_computes(node.input_dtype(0), target);
}

std::vector<Candidate> softmax_candidates(const TacticNode& node, const Target& target) {
  return {make_candidate("dnnl.softmax", node, target, Layout::kPlain)};
}

std::vector<Candidate> layer_norm_candidates(const TacticNode& node, const Target& target) {
  return {make_candidate("dnnl.layer_norm", node, target, Layout::kPlain)};
}

}  // namespace

extern const TacticDef kDnnlSoftmaxTactic = {
    .name = "dnnl.softmax",
    .summary = "Softmax and LogSoftmax by oneDNN.",
    .ops = {"Softmax", "LogSoftmax"},
    .supports = supports_softmax,
    .candidates = softmax_candidates,
};

extern const TacticDef kDnnlLayerNormTactic = {
    .name = "dnnl.layer_norm",
    .summary = "LayerNormalization over the last axis by oneDNN.",
    .ops = {"LayerNormalization"},
    .supports = supports_layer_norm,
    .candidates = layer_norm_candidates,
};

}  // namespace ingot
