// cublaslt.matmul: batched matmul by cuBLASLt, which adds a residual and a bias and activates (ReLU,
// GELU by tanh) in this order; what an epilogue has beyond that is done by a kernel of ours over the
// output.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/tactics/jit_support.h"
#include "compiler/tactics/library_support.h"
#include "compiler/tactics/quantised_range.h"
#include "ops/matmul_batches.h"

namespace ingot {
namespace {

constexpr int kFirstExtra = 2;
/// cuBLASLt is asked for no more.
constexpr int kMaxRanks = 8;

bool flag(const TacticNode& node, std::string_view name) {
  return node.attributes().integer(name) != 0;
}

/// Integers and 8-bit floats are multiplied in rows by columns that lie side by side, in pieces of 16
/// bytes; the sums go through a kernel of ours.
constexpr int64_t kNarrowPiece = 16;

bool packs_b(const TacticNode& node) {
  return !flag(node, "transpose_b") && node.is_constant(1) && node.input_shape(1).rank() == 2;
}

Verdict supports_narrow(const TacticNode& node, const Target& target) {
  const Shape a = node.input_shape(0), b = node.input_shape(1);
  if (Verdict types = product_types_fit(node); !types.ok) return types;
  if (!multiplies_integers(node) && target.gpu.compute_capability < 89) {
    return Verdict::no("8-bit floats need a GPU of compute capability 8.9");
  }
  if (a.rank() < 2 || b.rank() < 2) return Verdict::no("a vector of 8-bit numbers");
  if (flag(node, "transpose_a")) return Verdict::no("a transposed first matrix of 8-bit numbers");
  if (!flag(node, "transpose_b") && !packs_b(node)) {
    return Verdict::no("a second matrix of 8-bit numbers whose columns lie across memory");
  }
  const int64_t inner = a[a.rank() - 1],
                columns = node.output_shape()[node.output_shape().rank() - 1];
  if (inner % kNarrowPiece != 0 || columns % kNarrowPiece != 0) {
    return Verdict::no(
        fmt::format("{} by {} 8-bit numbers are no multiples of {}", inner, columns, kNarrowPiece));
  }
  if (!holds_i8_numbers(node.graph(), node.node().inputs[0]) && multiplies_integers(node))
    return Verdict::no("u8 beyond 127; cuBLASLt multiplies i8");
  return Verdict::yes();
}

std::vector<Candidate> narrow_candidates(const TacticNode& node, const Target& target) {
  const Expression* epilogue = node.attributes().expression("epilogue");
  const DType sums = multiplies_integers(node) ? DType::kI32 : DType::kF32;
  const bool bare = node.output_dtype() == sums && (!epilogue || epilogue->empty());
  std::vector<Candidate> result;
  for (int rank = 0; rank < std::min(library_ranks(target), kMaxRanks); ++rank) {
    Candidate candidate = make_candidate("cublaslt.matmul", node, target, Layout::kPlain,
                                         fmt::format("{}r{}", bare ? "" : "tail_", rank));
    set_library_choice(&candidate, target, rank);
    candidate.attributes.set("pack_b", int64_t{packs_b(node)});
    if (!bare) {
      const Expression tail = epilogue && !epilogue->empty() ? *epilogue : Expression::input(0);
      candidate.attributes.set("sums", sums);
      if (!add_tail(&candidate, node, target, kFirstExtra, tail, 0, sums)) continue;
    }
    result.push_back(std::move(candidate));
  }
  return result;
}

Verdict supports(const TacticNode& node, const Target& target) {
  if (!target.gpu.has_cublaslt) return Verdict::no("no cuBLASLt: " + target.gpu.cublaslt_missing);
  const Shape a = node.input_shape(0), b = node.input_shape(1);
  if (node.output_shape().elements() == 0 || a.elements() == 0) {
    return Verdict::no("a matrix without elements");
  }
  if (!MatMulBatches::of(a, b, flag(node, "transpose_a"), flag(node, "transpose_b"))) {
    return Verdict::no("operands that broadcast along some of the batch's axes");
  }
  if (multiplies_narrow(node)) return supports_narrow(node, target);
  return library_computes(node.input_dtype(0), target);
}

std::vector<Candidate> candidates(const TacticNode& node, const Target& target) {
  if (multiplies_narrow(node)) return narrow_candidates(node, target);
  const int channel_axis = node.output_shape().rank() - 1;
  // A product by a vector has no columns along which a bias could run.
  const bool columns = node.input_shape(1).rank() > 1 && channel_axis >= 0;
  LibraryEpilogue epilogue =
      split_epilogue(node.attributes().expression("epilogue"), [&](int extra) {
        return columns ? addend_of(node, kFirstExtra, extra, channel_axis) : Addend::kNone;
      });
  std::string activation;
  Expression tail = epilogue.activation;
  if (epilogue.relu) {
    activation = "relu";
    tail = epilogue.after_relu;
  } else if (!tail.empty() && tail == Expression::parse("gelu_tanh(in0)")) {
    activation = "gelu_tanh";
    tail = {};
  }

  std::vector<Candidate> result;
  for (int rank = 0; rank < std::min(library_ranks(target), kMaxRanks); ++rank) {
    Candidate candidate = make_candidate("cublaslt.matmul", node, target, Layout::kPlain,
                                         fmt::format("{}r{}", tail.empty() ? "" : "tail_", rank));
    set_library_choice(&candidate, target, rank);
    candidate.attributes.set("residual", int64_t{epilogue.residual});
    candidate.attributes.set("bias", int64_t{epilogue.bias});
    candidate.attributes.set("activation", activation);
    if (!tail.empty() && !add_tail(&candidate, node, target, kFirstExtra, tail)) continue;
    result.push_back(std::move(candidate));
  }
  return result;
}

}  // namespace

extern const TacticDef kCublasltMatmulTactic = {
    .name = "cublaslt.matmul",
    .summary = "Batched matmul with bias, residual and activation by cuBLASLt.",
    .ops = {"MatMul"},
    .supports = supports,
    .candidates = candidates,
    .device = "cuda",
};

}  // namespace ingot
