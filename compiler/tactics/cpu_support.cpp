// What the tactics of our own CPU kernels share.
#include "compiler/tactics/cpu_support.h"

namespace ingot {

bool cpu_reads_as_float(DType dtype) {
  switch (dtype) {
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16:
    case DType::kBool:
    case DType::kI8:
    case DType::kU8:
    case DType::kI32:
    case DType::kI64:
      return true;
    default:
      return false;
  }
}

bool cpu_writes_from_float(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16 ||
         dtype == DType::kBool;
}

bool is_depthwise(const TacticNode& node) {
  const Shape x = node.input_shape(0), w = node.input_shape(1);
  return node.attributes().integer("group", 1) == x[1] && w[0] == x[1] && w[1] == 1;
}

Verdict only_f32(const TacticNode& node) {
  if (node.input_dtype(0) != DType::kF32 || node.output_dtype() != DType::kF32) {
    return Verdict::no("not f32");
  }
  return sizes_known(node);
}

Verdict sizes_known(const TacticNode& node) {
  for (int i = 0; i < node.output_count(); ++i) {
    if (!node.node().outputs[static_cast<size_t>(i)]) continue;
    if (!node.output_size_known(i)) return Verdict::no("the output's size depends on the data");
  }
  return Verdict::yes();
}

std::vector<Candidate> windowed_candidates(std::string_view kind, const TacticNode& node,
                                           const Target& target, std::span<const Layout> layouts) {
  std::vector<Candidate> candidates;
  for (const Layout layout : layouts) {
    candidates.push_back(make_candidate(kind, node, target, layout));
    candidates.back().reads_windows = candidates.back().writes_windows = true;
  }
  return candidates;
}

std::vector<Layout> layouts_of_rank(int rank) {
  if (rank < 3) return {Layout::kPlain};
  return {Layout::kPlain, Layout::kChannelsLast, Layout::kBlocked8, Layout::kBlocked16};
}

}  // namespace ingot
