// Convolutions by our own kernels without tensor cores: depthwise, the stem of a network, and of any
// shape; transposed convolution.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/jit/expression_code.h"
#include "compiler/tactics/jit_image.h"

namespace ingot {

extern const TacticDef kCudnnConvTactic, kCudnnDeconvTactic, kJitConvMmaTactic, kJitDepthwiseTactic;

namespace {

/// Inputs that all of these kernels take.
Verdict takes_inputs(const TacticNode& node) {
  if (Verdict types = product_types_fit(node); !types.ok) return types;
  if (multiplies_integers(node)) {
    // Of sums that stay i32 the float in which they would be stored does not hold all digits.
    if (!is_kernel_result(node.output_dtype())) return Verdict::no("a result of i32");
  } else if (node.has_input(2) && !is_kernel_float(node.input_dtype(2))) {
    return Verdict::no(fmt::format("a bias of {}", dtype_name(node.input_dtype(2))));
  }
  return image_epilogue_fits(node, 3);
}

std::string types_code(const TacticNode& node) {
  const DType bias = node.has_input(2)           ? node.input_dtype(2)
                     : multiplies_integers(node) ? DType::kI32
                                                 : node.input_dtype(0);
  return fmt::format(
      "using X = {};\nusing Bias = {};\nusing Out = {};\nconstexpr bool kZeroed = {};\n",
      kernel_type(node.input_dtype(0)), kernel_type(bias), kernel_type(node.output_dtype()),
      node.attributes().integer("x_zero", 0) != 0);
}

/// Of attributes with an entry for each spatial axis.
int64_t last_of(const TacticNode& node, std::string_view name, int64_t fallback) {
  const std::vector<int64_t> values = node.attributes().integers(name);
  return values.empty() ? fallback : values.back();
}
bool all_ones(const TacticNode& node, std::string_view name) {
  const std::vector<int64_t> values = node.attributes().integers(name);
  return std::all_of(values.begin(), values.end(), [](int64_t value) { return value == 1; });
}

/// Products of bytes that a float sums up exactly (kernels/common/types.cuh).
constexpr int64_t kExactTaps = 512;

Verdict supports_depthwise(const TacticNode& node, const Target&) {
  if (!node.is_constant(1)) return Verdict::no("weights computed at run time");
  const Shape x = node.input_shape(0), w = node.input_shape(1);
  if (x.rank() > 4) return Verdict::no("three spatial axes");
  const int64_t channels = x[1];
  if (channels == 0 || node.attributes().integer("group", 1) != channels || w[1] != 1) {
    return Verdict::no("not one channel in each group");
  }
  if (multiplies_integers(node) && w.elements() / std::max<int64_t>(w[0], 1) > kExactTaps) {
    return Verdict::no("a kernel of so many taps that a float does not hold their exact sum");
  }
  return takes_inputs(node);
}

/// Kernels of up to this many taps are unrolled.
constexpr int64_t kMostUnrolled = 49;

struct KernelSize {
  int64_t height = 0, width = 0;  ///< 0: left to the run
};
KernelSize known_kernel(const TacticNode& node) {
  const Shape w = node.input_shape(1);
  const KernelSize size{w.rank() == 4 ? w[2] : 1, w[w.rank() - 1]};
  return size.height * size.width <= kMostUnrolled ? size : KernelSize{};
}

/// A vector has whole channels, or filters of one channel.
int64_t depthwise_vector(DType dtype, int64_t filters, int64_t multiplier) {
  int64_t vector = std::min<int64_t>(vector_of(dtype, filters), 8);
  while (vector > 1 && vector % multiplier != 0 && multiplier % vector != 0) vector /= 2;
  return vector;
}

/// Outputs and channels of a thread.
struct DepthwiseTile {
  int64_t tile, vector;
};

/// Outputs that share a patch save loads; but the smaller a network's last images are, the more
/// threads must share them, or multiprocessors stand idle.
std::vector<DepthwiseTile> depthwise_tiles(const TacticNode& node, const Target& target) {
  const int64_t filters = node.output_shape()[1];
  const int64_t multiplier = filters / node.input_shape(0)[1];
  const int64_t widest = depthwise_vector(node.input_dtype(0), filters, multiplier);
  std::vector<DepthwiseTile> tiles = {{4, widest}, {2, widest}, {1, widest}};
  if (widest > 2) tiles.push_back({1, widest / 2});
  if (widest > 4) tiles.push_back({1, widest / 4});
  const int64_t enough = int64_t{256} * target.gpu.multiprocessors;
  size_t best = 0;
  while (best + 1 < tiles.size() &&
         node.output_shape().elements() / (tiles[best].tile * tiles[best].vector) < enough) {
    ++best;
  }
  // The best guess, then its neighbours.
  std::vector<DepthwiseTile> result = {tiles[best]};
  if (best > 0) result.push_back(tiles[best - 1]);
  if (best + 1 < tiles.size()) result.push_back(tiles[best + 1]);
  return result;
}

Candidate depthwise_last(const TacticNode& node, const Target& target, const DepthwiseTile& tile) {
  const int64_t multiplier = node.output_shape()[1] / node.input_shape(0)[1];
  const KernelSize kernel = all_ones(node, "dilations") ? known_kernel(node) : KernelSize{};
  const std::string code = fmt::format(
      "{}constexpr int kVector = {}, kTile = {}, kKernelHeight = {}, kKernelWidth = {}, "
      "kStride = {}, kMultiplier = {};\n{}",
      types_code(node), tile.vector, tile.tile, kernel.height, kernel.width,
      kernel.width > 0 ? last_of(node, "strides", 1) : 1, multiplier, image_epilogue_code(node, 3));
  Candidate candidate =
      make_jit_candidate("jit.depthwise", node, target, Layout::kChannelsLast,
                         {"ops/depthwise.cuh", kernel_preamble(code, kExpressionHeader)},
                         fmt::format("{}x{}", tile.tile, tile.vector));
  candidate.attributes.set("vector", tile.vector);
  candidate.attributes.set("tile", tile.tile);
  set_image_layouts(&candidate, node, Layout::kChannelsLast);
  return candidate;
}

Candidate depthwise_planes(const TacticNode& node, const Target& target) {
  constexpr int64_t kTile = 4;
  const KernelSize kernel = known_kernel(node);
  const std::string code = fmt::format(
      "{}constexpr int kTile = {}, kKernelHeight = {}, kKernelWidth = {};\n{}", types_code(node),
      kTile, kernel.height, kernel.width, image_epilogue_code(node, 3));
  Candidate candidate =
      make_jit_candidate("jit.depthwise", node, target, Layout::kPlain,
                         {"ops/depthwise_planes.cuh", kernel_preamble(code, kExpressionHeader)});
  candidate.attributes.set("tile", kTile);
  candidate.attributes.set("known_kernel", int64_t{kernel.width > 0});
  set_image_layouts(&candidate, node, Layout::kPlain);
  return candidate;
}

std::vector<Candidate> depthwise_candidates(const TacticNode& node, const Target& target) {
  std::vector<Candidate> result;
  for (const DepthwiseTile& tile : depthwise_tiles(node, target)) {
    result.push_back(depthwise_last(node, target, tile));
  }
  result.push_back(depthwise_planes(node, target));
  return result;
}

constexpr int64_t kMostStemWeights = 160;  // of a filter: they lie in shared memory

Verdict supports_stem(const TacticNode& node, const Target&) {
  if (!node.is_constant(1)) return Verdict::no("weights computed at run time");
  const Shape w = node.input_shape(1);
  if (w.rank() != 4 || node.attributes().integer("group", 1) != 1) {
    return Verdict::no("not an ungrouped 2-D convolution");
  }
  if (w[1] > 4) return Verdict::no(fmt::format("{} channels; an image has up to 4", w[1]));
  if (w[1] * w[2] * w[3] > kMostStemWeights) {
    return Verdict::no("a filter that does not fit into shared memory");
  }
  if (w[0] % 8 != 0) return Verdict::no(fmt::format("{} filters are no multiple of 8", w[0]));
  if (!all_ones(node, "dilations")) return Verdict::no("dilations");
  for (const int64_t stride : node.attributes().integers("strides")) {
    if (stride > 2) return Verdict::no("strides above 2");
  }
  return takes_inputs(node);
}

std::vector<Candidate> stem_candidates(const TacticNode& node, const Target& target) {
  const Shape w = node.input_shape(1);
  const int64_t groups = w[0] <= 16 ? 2 : 4;
  const std::vector<int64_t> strides = node.attributes().integers("strides", {1, 1});
  const std::string code = fmt::format(
      "{}constexpr int kChannels = {}, kKernelHeight = {}, kKernelWidth = {}, kStrideY = {}, "
      "kStrideX = {}, kFilterGroups = {};\n{}",
      types_code(node), w[1], w[2], w[3], strides.front(), strides.back(), groups,
      image_epilogue_code(node, 3));
  Candidate candidate =
      make_jit_candidate("jit.stem", node, target, Layout::kChannelsLast,
                         {"ops/stem.cuh", kernel_preamble(code, kExpressionHeader)});
  candidate.attributes.set("filter_groups", groups);
  set_image_layouts(&candidate, node, Layout::kChannelsLast);
  candidate.inputs[0] = Layout::kPlain;
  return {candidate};
}

constexpr int64_t kMostTaps = 1024;  // their offsets lie in shared memory

Verdict supports_any(const TacticNode& node, const Target&) {
  const Shape w = node.input_shape(1);
  int64_t taps = 1;
  for (int axis = 2; axis < w.rank(); ++axis) taps *= w[axis];
  if (taps > kMostTaps) return Verdict::no(fmt::format("a kernel of {} taps", taps));
  if (w.elements() == 0) return Verdict::no("no weights");
  return takes_inputs(node);
}

struct ConvTile {
  int64_t rows, columns;  ///< positions, filters
  int64_t thread_rows;
};

/// Tiles for these filters of a group; smaller ones where few blocks would be.
std::vector<ConvTile> conv_tiles(const TacticNode& node, int64_t filters, const Target& target) {
  if (filters <= 16) return {{64, 16, 4}};
  const int64_t channels = std::max<int64_t>(node.output_shape()[1], 1);
  const int64_t tiles = (node.output_shape().elements() / channels + 63) / 64 *
                        ((filters + 63) / 64) * (channels / filters);
  if (tiles >= 4 * int64_t{target.gpu.multiprocessors}) return {{128, 64, 8}, {64, 64, 4}};
  if (tiles >= target.gpu.multiprocessors) return {{64, 64, 4}};
  return {{32, 32, 4}, {64, 64, 4}};
}

/// Something faster does this node: these kernels would hardly win.
bool is_fallback(const TacticNode& node, const Target& target) {
  const auto does = [&](const TacticDef& tactic) { return tactic.supports(node, target).ok; };
  if (node.op() == "ConvTranspose") return does(kCudnnDeconvTactic);
  return does(kJitDepthwiseTactic) || does(kJitConvMmaTactic) || does(kCudnnConvTactic);
}

std::vector<Candidate> conv_candidates(const TacticNode& node, const Target& target) {
  const bool transposed = node.op() == "ConvTranspose";
  const Shape w = node.input_shape(1);
  const int64_t groups = node.attributes().integer("group", 1);
  const int64_t filters = transposed ? w[1] : w[0] / groups;
  const int64_t channels = node.input_shape(0)[1] / groups;
  // Constant weights are packed with the filters innermost.
  const int filter_vector = node.is_constant(1) && filters % 4 == 0 ? 4 : 1;
  int64_t taps = 1, room = 16;
  for (int axis = 2; axis < w.rank(); ++axis) taps *= w[axis];
  while (room < taps) room *= 4;
  std::vector<Candidate> result;
  for (const Layout layout : {Layout::kChannelsLast, Layout::kPlain}) {
    for (const ConvTile& tile : conv_tiles(node, filters, target)) {
      const bool last = layout == Layout::kChannelsLast;
      const std::string code = fmt::format(
          "{}constexpr int kRows = {}, kColumns = {}, kThreadRows = {}, kMaxTaps = {}, "
          "kPatchVector = {}, kFilterVector = {};\n"
          "constexpr bool kTransposed = {}, kChannelsLast = {};\n{}",
          types_code(node), tile.rows, tile.columns, tile.thread_rows, room,
          last && channels % 4 == 0 ? 4 : 1, filter_vector, transposed, last,
          image_epilogue_code(node, 3));
      Candidate candidate =
          make_jit_candidate(transposed ? "jit.deconv" : "jit.conv", node, target, layout,
                             {"ops/conv.cuh", kernel_preamble(code, kExpressionHeader)},
                             fmt::format("{}x{}", tile.rows, tile.columns));
      candidate.attributes.set("rows", tile.rows);
      candidate.attributes.set("columns", tile.columns);
      candidate.attributes.set("thread_rows", tile.thread_rows);
      set_image_layouts(&candidate, node, layout);
      candidate.reads_windows = node.is_constant(1);
      result.push_back(std::move(candidate));
      // One is enough for who switches the others off.
      if (is_fallback(node, target)) return result;
    }
  }
  return result;
}

}  // namespace

extern const TacticDef kJitDepthwiseTactic = {
    .name = "jit.depthwise",
    .summary = "Depthwise convolution with any epilogue by our own kernel.",
    .ops = {"Conv"},
    .supports = supports_depthwise,
    .candidates = depthwise_candidates,
    .device = "cuda",
};

extern const TacticDef kJitStemTactic = {
    .name = "jit.stem",
    .summary = "Convolution of an image of a few planes to channels last.",
    .ops = {"Conv"},
    .supports = supports_stem,
    .candidates = stem_candidates,
    .device = "cuda",
};

extern const TacticDef kJitConvTactic = {
    .name = "jit.conv",
    .summary = "Convolution of any shape with any epilogue, without tensor cores.",
    .ops = {"Conv"},
    .supports = supports_any,
    .candidates = conv_candidates,
    .device = "cuda",
};

extern const TacticDef kJitDeconvTactic = {
    .name = "jit.deconv",
    .summary = "Transposed convolution of any shape with any epilogue.",
    .ops = {"ConvTranspose"},
    .supports = supports_any,
    .candidates = conv_candidates,
    .device = "cuda",
};

}  // namespace ingot
