// cpu.conv, cpu.matmul: products of 8-bit integers by constant weights, exact on every processor
// (they multiply 16-bit numbers). Where a processor has 8-bit dot products oneDNN is faster.
#include <fmt/core.h>

#include <array>

#include "compiler/tactics/cpu_support.h"

namespace ingot {
namespace {

bool is_byte(DType dtype) { return dtype == DType::kI8 || dtype == DType::kU8; }

Verdict supports_types(const TacticNode& node) {
  const DType x = node.input_dtype(0), w = node.input_dtype(1);
  if (is_byte(x) && w == DType::kI8) return Verdict::yes();
  return Verdict::no(
      fmt::format("{} by {} is no product of 8-bit integers", dtype_name(x), dtype_name(w)));
}

Verdict supports_constant_weights(const TacticNode& node) {
  if (Verdict types = supports_types(node); !types.ok) return types;
  if (!node.is_constant(1)) return Verdict::no("the weights are computed at run time");
  return sizes_known(node);
}

Verdict supports_conv(const TacticNode& node, const Target&) {
  const int rank = node.input_shape(0).rank();
  if (rank < 3 || rank > 5) {
    return Verdict::no(fmt::format("{} spatial axes; it has 1 to 3", rank - 2));
  }
  if (node.op() == "Conv" && is_depthwise(node) && node.input_shape(1)[0] > 1) {
    return Verdict::no("one filter per channel is cpu.depthwise's");
  }
  return supports_constant_weights(node);
}

Verdict supports_matmul(const TacticNode& node, const Target&) {
  if (node.input_shape(1).rank() != 2) return Verdict::no("the constant operand is no matrix");
  if (node.input_shape(0).rank() < 2) return Verdict::no("the first operand is a vector");
  if (node.attributes().integer("transpose_a") != 0) {
    return Verdict::no("the first operand is transposed");
  }
  return supports_constant_weights(node);
}

std::vector<Candidate> conv_candidates(const TacticNode& node, const Target& target) {
  auto result = windowed_candidates("cpu.conv", node, target, std::array{Layout::kChannelsLast});
  // The taps of a line follow each other where pixels do: with few channels copying a window to
  // that is faster than reading pieces.
  constexpr int64_t kPiece = 64;
  int64_t taps = 1;
  for (int i = 2; i < node.input_shape(1).rank(); ++i) taps *= node.input_shape(1)[i];
  const bool pieces = taps == 1 || node.input_shape(0)[1] >= kPiece;
  for (Candidate& candidate : result) candidate.reads_windows = pieces;
  return result;
}

std::vector<Candidate> matmul_candidates(const TacticNode& node, const Target& target) {
  return {make_candidate("cpu.matmul", node, target, Layout::kPlain)};
}

Verdict supports_dynamic_quantize(const TacticNode& node, const Target&) {
  if (node.input_dtype(0) != DType::kF32) return Verdict::no("not f32");
  return sizes_known(node);
}

std::vector<Candidate> dynamic_quantize_candidates(const TacticNode& node, const Target& target) {
  std::vector<Candidate> result;
  for (const Layout layout : {Layout::kPlain, Layout::kChannelsLast}) {
    if (layout != Layout::kPlain && node.input_shape(0).rank() < 3) continue;
    result.push_back(make_candidate("cpu.dynamic_quantize", node, target, layout));
  }
  return result;
}

Verdict supports_mean_pool(const TacticNode& node, const Target&) {
  const int rank = node.input_shape(0).rank();
  if (rank < 3 || rank > 5) return Verdict::no("it has 1 to 3 spatial axes");
  const DType x = node.input_dtype(0);
  if (!is_byte(x)) {
    return Verdict::no(fmt::format("{} are no 8-bit integers", dtype_name(x)));
  }
  if (node.attributes().integer("ceil_mode") != 0) return Verdict::no("ceil_mode");
  return sizes_known(node);
}

std::vector<Candidate> mean_pool_candidates(const TacticNode& node, const Target& target) {
  return windowed_candidates("cpu.mean_pool", node, target, std::array{Layout::kChannelsLast});
}

Verdict supports_batched_matmul(const TacticNode& node, const Target&) {
  if (Verdict types = supports_types(node); !types.ok) return types;
  if (node.input_shape(0).rank() < 2 || node.input_shape(1).rank() < 2) {
    return Verdict::no("an operand is a vector");
  }
  if (node.is_constant(1) && node.input_shape(1).rank() == 2 &&
      node.attributes().integer("transpose_a") == 0) {
    return Verdict::no("products by a constant matrix are cpu.matmul's");
  }
  return sizes_known(node);
}

std::vector<Candidate> batched_matmul_candidates(const TacticNode& node, const Target& target) {
  return {make_candidate("cpu.batched_matmul", node, target, Layout::kPlain)};
}

}  // namespace

extern const TacticDef kCpuConvTactic = {
    .name = "cpu.conv",
    .summary = "Convolution of 8-bit integers, also transposed, exact on every processor.",
    .ops = {"Conv", "ConvTranspose"},
    .supports = supports_conv,
    .candidates = conv_candidates,
};

extern const TacticDef kCpuMatmulTactic = {
    .name = "cpu.matmul",
    .summary = "Product of 8-bit integers by a constant matrix, exact on every processor.",
    .ops = {"MatMul"},
    .supports = supports_matmul,
    .candidates = matmul_candidates,
};

extern const TacticDef kCpuDynamicQuantizeTactic = {
    .name = "cpu.dynamic_quantize",
    .summary = "DynamicQuantizeLinear in two passes.",
    .ops = {"DynamicQuantizeLinear"},
    .supports = supports_dynamic_quantize,
    .candidates = dynamic_quantize_candidates,
};

extern const TacticDef kCpuMeanPoolTactic = {
    .name = "cpu.mean_pool",
    .summary = "Means of 8-bit integers under a window or over an image.",
    .ops = {"AveragePool", "GlobalAveragePool"},
    .supports = supports_mean_pool,
    .candidates = mean_pool_candidates,
};

extern const TacticDef kCpuBatchedMatmulTactic = {
    .name = "cpu.batched_matmul",
    .summary = "Products of matrices of 8-bit integers, exact on every processor.",
    .ops = {"MatMul"},
    .supports = supports_batched_matmul,
    .candidates = batched_matmul_candidates,
};

}  // namespace ingot
