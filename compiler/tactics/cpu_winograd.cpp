// cpu.winograd: 3x3 convolutions of stride 1 with a quarter of the multiplications. Results are
// rounded a little more than those of direct sums (docs/precision.md).
#include <fmt/core.h>

#include <algorithm>

#include "compiler/tactics/cpu_support.h"

namespace ingot {
namespace {

constexpr int64_t kFewestChannels = 16;
constexpr int64_t kFewestPixels = 144;  ///< fewer do not make up for reading four times the weights

bool all_one(const std::vector<int64_t>& values) {
  return std::all_of(values.begin(), values.end(), [](int64_t v) { return v == 1; });
}

Verdict supports(const TacticNode& node, const Target&) {
  if (Verdict f32 = only_f32(node); !f32.ok) return f32;
  if (!node.is_constant(1)) return Verdict::no("the weights are computed at run time");
  if (node.input_dtype(1) != DType::kF32) return Verdict::no("weights that are not f32");
  if (node.has_input(2) && !node.is_constant(2)) {
    return Verdict::no("the bias is computed at run time");
  }
  const Shape w = node.input_shape(1), y = node.output_shape();
  if (w.rank() != 4 || w[2] != 3 || w[3] != 3) return Verdict::no("the kernel is not 3x3");
  const Attributes& attributes = node.attributes();
  if (attributes.integer("group", 1) != 1) return Verdict::no("groups");
  if (!all_one(attributes.integers("strides")) || !all_one(attributes.integers("dilations"))) {
    return Verdict::no("strides or dilations");
  }
  if (w[0] < kFewestChannels || w[1] < kFewestChannels) {
    return Verdict::no(fmt::format("{} channels to {}: too few", w[1], w[0]));
  }
  if (y[0] * y[2] * y[3] < kFewestPixels) {
    return Verdict::no(fmt::format("{} pixels: too few", y[0] * y[2] * y[3]));
  }
  return Verdict::yes();
}

std::vector<Candidate> candidates(const TacticNode& node, const Target& target) {
  const Layout blocked = target.cpu.avx512 ? Layout::kBlocked16 : Layout::kBlocked8;
  const int64_t block = layout_block(blocked);
  const Shape w = node.input_shape(1);
  std::vector<Layout> layouts = {Layout::kChannelsLast};
  if (target.cpu.avx2 && w[0] % block == 0 && w[1] % block == 0) layouts.push_back(blocked);
  return windowed_candidates("cpu.winograd", node, target, layouts);
}

}  // namespace

extern const TacticDef kCpuWinogradTactic = {
    .name = "cpu.winograd",
    .summary = "3x3 convolution of stride 1 with a quarter of the multiplications.",
    .ops = {"Conv"},
    .supports = supports,
    .candidates = candidates,
};

}  // namespace ingot
