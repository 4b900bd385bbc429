// Convolutions of integers by cuDNN: it multiplies i8 by i8 into i32, channels last, and does the
// epilogue in a graph that it compiles. It has no u8: values that end at 127 are i8 to it.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/tactics/cudnn_support.h"
#include "compiler/tactics/jit_support.h"
#include "compiler/tactics/library_support.h"
#include "compiler/tactics/quantised_range.h"

namespace ingot {
namespace {

/// Channels are read in words.
constexpr int64_t kChannelStep = 4;

bool all_are_i8_numbers(const TacticNode& node) {
  for (const ValueId input : node.node().inputs) {
    if (!input || node.graph().dtype(input) != DType::kU8) continue;
    if (!holds_i8_numbers(node.graph(), input)) return false;
  }
  return true;
}

/// What cuDNN computes for the node. It stores results as i8, which keeps negative ones where u8 would
/// end at 0: those are cut off before.
Expression fused_epilogue(const TacticNode& node) {
  Expression fused = *node.attributes().expression("epilogue");
  if (node.output_dtype() == DType::kU8) fused.finish(fused.add(ScalarOp::kRelu, fused.result()));
  return fused;
}

}  // namespace

Verdict supports_narrow_conv(const TacticNode& node, const Target&) {
  if (Verdict types = product_types_fit(node); !types.ok) return types;
  const Expression* epilogue = node.attributes().expression("epilogue");
  if (!epilogue || epilogue->empty()) return Verdict::no("sums of integers without an epilogue");
  if (node.attributes().integer("x_zero", 0) != 0) {
    return Verdict::no("a zero point, which cuDNN's padding does not hold");
  }
  if (node.has_input(2)) return Verdict::no("a bias of i32, which no engine adds to its sums");
  const int64_t group = node.attributes().integer("group", 1);
  if (group != 1) return Verdict::no("groups of channels of integers");
  const int64_t channels = node.input_shape(0)[1], filters = node.output_shape()[1];
  if (channels % kChannelStep != 0 || filters % kChannelStep != 0) {
    return Verdict::no(fmt::format("{} channels and {} filters of integers are no multiples of {}",
                                   channels, filters, kChannelStep));
  }
  if (!all_are_i8_numbers(node)) return Verdict::no("u8 beyond 127; cuDNN multiplies i8");
  if (node.output_dtype() == DType::kU8 && !ends_at_127(*epilogue)) {
    return Verdict::no("a result of u8 beyond 127; cuDNN stores i8");
  }
  if (!cudnn_can_fuse(node, fused_epilogue(node))) {
    return Verdict::no(fmt::format("the epilogue {}, of which cuDNN's graphs have not all",
                                   epilogue->to_string()));
  }
  return Verdict::yes();
}

std::vector<Candidate> narrow_conv_candidates(const TacticNode& node, const Target& target) {
  std::vector<Candidate> result;
  for (int rank = 0; rank < std::min(library_ranks(target), kMaxCompiledRanks); ++rank) {
    Candidate candidate = make_candidate("cudnn.conv", node, target, Layout::kChannelsLast,
                                         fmt::format("fused_r{}", rank));
    set_library_choice(&candidate, target, rank);
    candidate.attributes.set("fused", fused_epilogue(node));
    result.push_back(std::move(candidate));
  }
  return result;
}

}  // namespace ingot
