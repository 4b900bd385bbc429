// cpu.conv, cpu.matmul: products of 8-bit integers by constant weights, exact on every processor
// (they multiply 16-bit numbers). Where a processor has 8-bit dot products oneDNN is faster.
#include <fmt/core.h>

#include <array>

#include "compiler/tactics/cpu_support.h"

namespace ingot {
namespace {

Verdict supports_types(const TacticNode& node) {
  const DType x = node.input_dtype(0), w = node.input_dtype(1);
  if ((x != DType::kI8 && x != DType::kU8) || w != DType::kI8) {
    return Verdict::no(
        fmt::format("{} by {} is no product of 8-bit integers", dtype_name(x), dtype_name(w)));
  }
  if (!node.is_constant(1)) return Verdict::no("the weights are computed at run time");
  return sizes_known(node);
}

Verdict supports_conv(const TacticNode& node, const Target&) {
  const int rank = node.input_shape(0).rank();
  if (rank < 3 || rank > 5) {
    return Verdict::no(fmt::format("{} spatial axes; it has 1 to 3", rank - 2));
  }
  return supports_types(node);
}

Verdict supports_matmul(const TacticNode& node, const Target&) {
  if (node.input_shape(1).rank() != 2) return Verdict::no("the constant operand is no matrix");
  if (node.input_shape(0).rank() < 2) return Verdict::no("the first operand is a vector");
  if (node.attributes().integer("transpose_a") != 0) {
    return Verdict::no("the first operand is transposed");
  }
  return supports_types(node);
}

std::vector<Candidate> conv_candidates(const TacticNode& node, const Target& target) {
  return windowed_candidates("cpu.conv", node, target, std::array{Layout::kChannelsLast});
}

std::vector<Candidate> matmul_candidates(const TacticNode& node, const Target& target) {
  return {make_candidate("cpu.matmul", node, target, Layout::kPlain)};
}

}  // namespace

extern const TacticDef kCpuConvTactic = {
    .name = "cpu.conv",
    .summary = "Convolution of 8-bit integers, exact on every processor.",
    .ops = {"Conv"},
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

}  // namespace ingot
