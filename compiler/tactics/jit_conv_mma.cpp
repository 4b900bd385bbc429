// jit.conv_mma: convolutions of NHWC images as matrix products on tensor cores, with any
// epilogue; f32 as TF32; i8 and u8 exactly.
#include <fmt/format.h>

#include <limits>

#include "compiler/tactics/jit_matrix.h"
#include "kernels/params/conv_mma.h"

namespace ingot {
namespace {

constexpr int kBias = 2, kFirstExtra = 3;
constexpr size_t kMostTiles = 7;

/// Channels do not fill pieces of 16 bytes: the filter's taps are read by rows.
bool in_lines(const TacticNode& node) {
  return node.input_shape(0)[1] * static_cast<int64_t>(dtype_bytes(node.input_dtype(0))) % 16 != 0;
}

Verdict supports(const TacticNode& node, const Target& target) {
  const DType dtype = node.input_dtype(0);
  if (!on_tensor_cores(dtype, target)) {
    return Verdict::no(fmt::format("tensor cores of sm_{} are not used for {}",
                                   target.gpu.compute_capability, dtype_name(dtype)));
  }
  const Shape x = node.input_shape(0), y = node.output_shape();
  if (x.rank() != 3 && x.rank() != 4) {
    return Verdict::no(fmt::format("{} spatial axes", x.rank() - 2));
  }
  if (!node.is_constant(1)) return Verdict::no("weights computed at run time");
  if (Verdict types = product_types_fit(node); !types.ok) return types;
  if (multiplies_integers(node) && node.has_input(kBias) && !node.is_constant(kBias)) {
    return Verdict::no("a bias computed at run time");
  }
  if (node.attributes().integer("group", 1) != 1) return Verdict::no("groups of channels");
  if (x.elements() > std::numeric_limits<int32_t>::max() ||
      y.elements() > std::numeric_limits<int32_t>::max()) {
    return Verdict::no("more than 2^31 elements");
  }
  const Shape w = node.constant(1).shape();
  if ((w.rank() > 3 ? w[2] : 1) + w[w.rank() - 1] > kernels::kMostConvMmaTaps) {
    return Verdict::no("a filter of too many taps");
  }
  if (w.elements() / std::max<int64_t>(1, w[0]) > kernels::kMostConvMmaInner) {
    return Verdict::no("a filter of too many elements");
  }
  if (in_lines(node)) {
    const auto dilations = node.attributes().integers("dilations");
    if (!dilations.empty() && dilations.back() != 1) {
      return Verdict::no(fmt::format("{} channels, no multiple of 16 bytes, and a dilation", x[1]));
    }
  }
  return supports_matrix_epilogue(node, kFirstExtra, kBias);
}

std::vector<Candidate> candidates(const TacticNode& node, const Target& target) {
  const Shape y = node.output_shape();
  const Shape w = node.constant(1).shape();
  const bool lines = in_lines(node), padded = node.attributes().integer("x_zero", 0) != 0;
  const int64_t rows = y.elements() / std::max<int64_t>(1, y[1]);
  const std::vector<int64_t> sums =
      multiplies_integers(node) ? integer_column_sums(node) : std::vector<int64_t>();
  std::vector<Candidate> result;
  for (const MatrixTile& tile : tiles_for(1, rows, y[1], w.elements() / std::max<int64_t>(1, w[0]),
                                          node.input_dtype(0), target.gpu, kMostTiles)) {
    const std::string preamble = fmt::format(
        "{}namespace ingot::kernels {{\n{}constexpr bool kLines = {}, kPadded = {};\n{}}}\n",
        matrix_epilogue_code(node, kFirstExtra, kBias), product_types_code(node), lines, padded,
        tile_code(tile, node.input_dtype(0)));
    Candidate candidate = make_jit_candidate("jit.conv_mma", node, target, Layout::kChannelsLast,
                                             KernelSource{"ops/conv_mma.cuh", preamble},
                                             tile.name(node.input_dtype(0)));
    set_tile(&candidate, tile);
    if (!sums.empty()) candidate.attributes.set("column_sums", sums);
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
