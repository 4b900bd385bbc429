// dnnl.pool: max, average and global pooling by oneDNN.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/tactics/dnnl_support.h"

namespace ingot {
namespace {

/// oneDNN keeps one float sum a channel: over so many elements it still has six digits.
constexpr int64_t kMaxAveragedElements = 4096;

Verdict supports(const TacticNode& node, const Target& target) {
  const int rank = node.input_shape(0).rank();
  if (rank < 3 || rank > 5) return Verdict::no("oneDNN has 1 to 3 spatial axes");
  if (node.output_count() > 1 && node.node().outputs[1]) return Verdict::no("indices are wanted");
  const bool ceil_mode = node.attributes().integer("ceil_mode") != 0;
  if (node.op() == "AveragePool" && ceil_mode) {
    return Verdict::no("average with ceil_mode counts elements differently in oneDNN");
  }
  if (node.op() == "GlobalAveragePool") {
    const Shape input = node.input_shape(0);
    const int64_t averaged = input.elements() / std::max<int64_t>(input[0] * input[1], 1);
    if (averaged > kMaxAveragedElements && node.input_dtype(0) == DType::kF32) {
      return Verdict::no(fmt::format("a float sum over {} elements is not exact enough", averaged));
    }
  }
  if (is_byte(node.input_dtype(0))) {
    const bool is_max = node.op() == "MaxPool" || node.op() == "GlobalMaxPool";
    return is_max ? Verdict::yes() : Verdict::no("oneDNN has no mean of integers as floats");
  }
  return dnnl_computes(node.input_dtype(0), target);
}

std::vector<Candidate> candidates(const TacticNode& node, const Target& target) {
  if (is_byte(node.input_dtype(0))) {  // kernels for integers want channels last
    return {make_candidate("dnnl.pool", node, target, Layout::kChannelsLast)};
  }
  std::vector<Layout> layouts = dnnl_layouts(target);
  layouts.push_back(Layout::kPlain);
  std::vector<Candidate> result;
  for (Layout layout : layouts) {
    result.push_back(make_candidate("dnnl.pool", node, target, layout));
  }
  return result;
}

}  // namespace

extern const TacticDef kDnnlPoolTactic = {
    .name = "dnnl.pool",
    .summary = "Max, average and global pooling by oneDNN.",
    .ops = {"MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"},
    .supports = supports,
    .candidates = candidates,
};

}  // namespace ingot
