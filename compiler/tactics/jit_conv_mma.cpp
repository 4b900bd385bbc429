// jit.conv_mma: convolutions of NHWC images in 16 bits as matrix products on tensor cores, with any
// epilogue.
#include <fmt/format.h>

#include <limits>

#include "compiler/tactics/jit_matrix.h"
#include "kernels/params/matrix.h"

namespace ingot {
namespace {

constexpr int kBias = 2, kFirstExtra = 3;
constexpr size_t kMostTiles = 5;

Verdict supports(const TacticNode& node, const Target& target) {
  const DType dtype = node.input_dtype(0);
  const int capability = target.gpu.compute_capability;
  if (!(dtype == DType::kF16 && capability >= 75) && !(dtype == DType::kBF16 && capability >= 80)) {
    return Verdict::no(
        fmt::format("tensor cores of sm_{} take no {}", capability, dtype_name(dtype)));
  }
  const Shape x = node.input_shape(0), y = node.output_shape();
  if (x.rank() != 3 && x.rank() != 4) {
    return Verdict::no(fmt::format("{} spatial axes", x.rank() - 2));
  }
  if (!node.is_constant(1)) return Verdict::no("weights computed at run time");
  if (node.input_dtype(1) != dtype) return Verdict::no("weights of another type than the image");
  if (node.attributes().integer("group", 1) != 1) return Verdict::no("groups of channels");
  if (x.elements() > std::numeric_limits<int32_t>::max() ||
      y.elements() > std::numeric_limits<int32_t>::max()) {
    return Verdict::no("more than 2^31 elements");
  }
  if (x[1] % 8 != 0) {
    const auto dilations = node.attributes().integers("dilations");
    if (!dilations.empty() && dilations.back() != 1) {
      return Verdict::no(fmt::format("{} channels, no multiple of 8, and a dilation", x[1]));
    }
  }
  return supports_matrix_epilogue(node, kFirstExtra, kBias);
}

std::vector<Candidate> candidates(const TacticNode& node, const Target& target) {
  const Shape x = node.input_shape(0), y = node.output_shape();
  const Shape w = node.constant(1).shape();
  const bool lines = x[1] % 8 != 0;
  const int64_t rows = y.elements() / std::max<int64_t>(1, y[1]);
  std::vector<Candidate> result;
  for (const MatrixTile& tile : tiles_for(1, rows, y[1], w.elements() / std::max<int64_t>(1, w[0]),
                                          target.gpu, kMostTiles)) {
    const std::string preamble = fmt::format(
        "{}namespace ingot::kernels {{\nusing Element = {};\nconstexpr bool kLines = {};\n{}}}\n",
        matrix_epilogue_code(node, kFirstExtra, kBias), kernel_type(node.input_dtype(0)), lines,
        tile_code(tile));
    Candidate candidate =
        make_jit_candidate("jit.conv_mma", node, target, Layout::kChannelsLast,
                           KernelSource{"ops/conv_mma.cuh", preamble}, tile.name());
    set_tile(&candidate, tile);
    // Lines go over pixels that lie side by side.
    candidate.reads_windows = !lines;
    candidate.writes_windows = true;
    result.push_back(std::move(candidate));
  }
  return result;
}

}  // namespace

extern const TacticDef kJitConvMmaTactic = {
    .name = "jit.conv_mma",
    .summary = "Convolution on tensor cores with any epilogue, channels last.",
    .ops = {"Conv"},
    .supports = supports,
    .candidates = candidates,
    .device = "cuda",
};

}  // namespace ingot
