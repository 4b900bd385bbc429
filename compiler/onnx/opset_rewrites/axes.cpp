// Axes (and sizes of Split) that were attributes and are inputs now.
//
//   ReduceMean-13(x) {axes=[1]}    =>    ReduceMean(x, const [1])
#include "compiler/onnx/opset_rewrites/rewrite.h"

namespace ingot::onnx {
namespace {

void axes_to_input(Rewriting& node) {
  if (const auto axes = node.take_integers("axes")) node.set_input(1, node.constant(*axes));
}

/// Before opset 13 sizes are an attribute; the parts are equal where there are none.
void split_sizes_to_input(Rewriting& node) {
  const auto sizes = node.take_integers("split");
  if (sizes && !node.has_input(1)) node.set_input(1, node.constant(*sizes));
}

/// Before opset 18 the number of equal parts is that of the outputs.
void split_counts_its_parts(Rewriting& node) {
  if (node.has_input(1) || node.attributes.has("num_outputs")) return;
  node.attributes.set("num_outputs", static_cast<int64_t>(node.output_count()));
}

constexpr Rule kRules[] = {
    {"ReduceSum", 13, axes_to_input},       {"ReduceL1", 18, axes_to_input},
    {"ReduceL2", 18, axes_to_input},        {"ReduceLogSum", 18, axes_to_input},
    {"ReduceLogSumExp", 18, axes_to_input}, {"ReduceMax", 18, axes_to_input},
    {"ReduceMean", 18, axes_to_input},      {"ReduceMin", 18, axes_to_input},
    {"ReduceProd", 18, axes_to_input},      {"ReduceSumSquare", 18, axes_to_input},
    {"Squeeze", 13, axes_to_input},         {"Unsqueeze", 13, axes_to_input},
    {"Split", 13, split_sizes_to_input},    {"Split", 18, split_counts_its_parts},
};

}  // namespace

std::span<const Rule> axes_rules() { return kRules; }

}  // namespace ingot::onnx
