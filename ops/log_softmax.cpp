// LogSoftmax: the logarithm of Softmax, without leaving the range of floats.
#include "ops/softmax_rows.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_same_float(node);
  node.axis("axis", node.rank(0));
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() { evaluate_softmax<T>(node, true); });
}

}  // namespace

extern const OpDef kLogSoftmax = {
    .name = "LogSoftmax",
    .summary = "Logarithms of the probabilities that Softmax gives.",
    .inputs = {{"input", "float, any rank from 1"}},
    .outputs = {{"output", "type and shape of input"}},
    .attributes = {{"axis", -1, "the axis to normalise along"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
