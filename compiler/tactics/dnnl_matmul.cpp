// dnnl.inner_product: matmul by a constant matrix, packed; dnnl.matmul: of two tensors.
#include <fmt/core.h>

#include "compiler/tactics/dnnl_support.h"

namespace ingot {
namespace {

Verdict supports_inner_product(const TacticNode& node, const Target& target) {
  if (!node.is_constant(1)) return Verdict::no("the second operand is computed at run time");
  if (node.constant(1).shape().rank() != 2) {
    return Verdict::no(
        fmt::format("the constant operand has {} axes, not 2", node.constant(1).shape().rank()));
  }
  if (node.input_shape(0).rank() < 2) return Verdict::no("the first operand is a vector");
  if (node.attributes().integer("transpose_a") != 0) {
    return Verdict::no("the first operand is transposed");
  }
  if (is_byte(node.input_dtype(0))) return dnnl_multiplies_integers(node, target);
  return dnnl_computes(node.input_dtype(0), target);
}

Verdict supports_matmul(const TacticNode& node, const Target& target) {
  if (node.input_shape(0).rank() < 2 || node.input_shape(1).rank() < 2) {
    return Verdict::no("an operand is a vector");
  }
  if (node.output_shape().rank() > 6) return Verdict::no("more than 6 axes");
  if (is_byte(node.input_dtype(0))) {
    if (node.is_constant(1)) return Verdict::no("the second operand is a constant");
    return dnnl_multiplies_integers(node, target);
  }
  return dnnl_computes(node.input_dtype(0), target);
}

std::vector<Candidate> inner_product_candidates(const TacticNode& node, const Target& target) {
  std::vector<Candidate> result;
  for (const char* as : {"inner_product", "convolution", "matmul"}) {
    result.push_back(make_candidate("dnnl.inner_product", node, target, Layout::kPlain, as));
    result.back().attributes.set("as", std::string(as));
    if (is_byte(node.input_dtype(0))) result.back().attributes.set("x_max", largest_value(node));
  }
  return result;
}

std::vector<Candidate> matmul_candidates(const TacticNode& node, const Target& target) {
  Candidate candidate = make_candidate("dnnl.matmul", node, target, Layout::kPlain);
  candidate.reads_windows = true;
  candidate.writes_windows = true;
  if (is_byte(node.input_dtype(0))) candidate.attributes.set("x_max", largest_value(node));
  return {candidate};
}

}  // namespace

extern const TacticDef kDnnlInnerProductTactic = {
    .name = "dnnl.inner_product",
    .summary = "Matmul by a constant matrix, packed, with bias and epilogue by oneDNN.",
    .ops = {"MatMul"},
    .supports = supports_inner_product,
    .candidates = inner_product_candidates,
};

extern const TacticDef kDnnlMatmulTactic = {
    .name = "dnnl.matmul",
    .summary = "Batched matmul of two tensors with epilogue by oneDNN.",
    .ops = {"MatMul"},
    .supports = supports_matmul,
    .candidates = matmul_candidates,
};

}  // namespace ingot
