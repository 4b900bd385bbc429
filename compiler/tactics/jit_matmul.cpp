// jit.matmul: matrix products by our own kernels, with any epilogue: on tensor cores in 16 bits and
// of integers, in float, and for few rows by streaming the other matrix.
#include <fmt/format.h>

#include "compiler/tactics/jit_matrix.h"
#include "kernels/params/matrix.h"
#include "ops/matmul_sizes.h"

namespace ingot {
namespace {

constexpr int kFirstExtra = 2;
constexpr size_t kMostTiles = 7;
constexpr int64_t kFewRows = 8;  // that matmul_rows holds in registers

struct Product {
  int64_t products, rows, columns, inner;
  bool transpose_a, transpose_b;

  explicit Product(const TacticNode& node)
      : transpose_a(node.attributes().integer("transpose_a") != 0),
        transpose_b(node.attributes().integer("transpose_b") != 0) {
    const Shape a = node.input_shape(0), b = node.input_shape(1);
    const MatMulSizes sizes = MatMulSizes::of(a, b, transpose_a, transpose_b);
    products = std::ssize(sizes.offsets);
    rows = sizes.rows;
    columns = sizes.columns;
    inner = sizes.inner;
    // Vectors lie as they would on the side where nothing is transposed.
    if (a.rank() < 2) transpose_a = false;
    if (b.rank() < 2) transpose_b = true;
    // One matrix for all products: their rows follow each other.
    if (b.rank() <= 2 && !transpose_a) {
      rows *= products;
      products = 1;
    }
  }
};

Verdict supports(const TacticNode& node, const Target&) {
  if (Verdict types = product_types_fit(node); !types.ok) return types;
  if (node.output_shape().rank() > kernels::kMaxMatrixBatchAxes + 2) {
    return Verdict::no(fmt::format("more than {} axes", kernels::kMaxMatrixBatchAxes + 2));
  }
  return supports_matrix_epilogue(node, kFirstExtra);
}

/// B is a constant that is packed so that its columns' elements lie side by side.
bool packs_b(const TacticNode& node, const Product& product) {
  return !product.transpose_b && node.is_constant(1) && node.constant(1).shape().rank() == 2;
}

/// TF32 and bytes are read along the inner dimension only: tensor cores' loads turn 16 bits.
bool only_along_inner(const TacticNode& node) { return dtype_bytes(node.input_dtype(0)) != 2; }

std::string preamble(const TacticNode& node, const Product& product, const std::string& choice) {
  return fmt::format(
      "{}namespace ingot::kernels {{\n{}"
      "constexpr bool kTransposeA = {}, kTransposeB = {}, kConstantB = {};\n{}}}\n",
      matrix_epilogue_code(node, kFirstExtra), product_types_code(node), product.transpose_a,
      product.transpose_b, node.is_constant(1), choice);
}

Candidate mma_candidate(const TacticNode& node, const Target& target, const Product& product,
                        const MatrixTile& tile) {
  const bool pack = only_along_inner(node) && packs_b(node, product);
  Product stored = product;
  stored.transpose_b = product.transpose_b || pack;
  Candidate candidate =
      make_jit_candidate("jit.matmul", node, target, Layout::kPlain,
                         KernelSource{"ops/matmul_mma.cuh",
                                      preamble(node, stored, tile_code(tile, node.input_dtype(0)))},
                         tile.name(node.input_dtype(0)));
  candidate.attributes.set("kernel", std::string("matmul_mma"));
  candidate.attributes.set("pack_b", int64_t{pack});
  set_tile(&candidate, tile);
  candidate.reads_windows = candidate.writes_windows = true;
  return candidate;
}

Candidate fma_candidate(const TacticNode& node, const Target& target, const Product& product) {
  Candidate candidate =
      make_jit_candidate("jit.matmul", node, target, Layout::kPlain,
                         KernelSource{"ops/matmul_fma.cuh", preamble(node, product, "")}, "fma");
  candidate.attributes.set("kernel", std::string("matmul_fma"));
  candidate.attributes.set("tile_rows", int64_t{kernels::kPlainMatmulTile});
  candidate.attributes.set("tile_columns", int64_t{kernels::kPlainMatmulTile});
  candidate.attributes.set("threads", int64_t{128});
  candidate.attributes.set(
      "shared_bytes",
      int64_t{kernels::tile_sums_bytes(kernels::kPlainMatmulTile, kernels::kPlainMatmulTile, 1)});
  candidate.reads_windows = candidate.writes_windows = true;
  return candidate;
}

Candidate rows_candidate(const TacticNode& node, const Target& target, const Product& product,
                         int64_t rows, int64_t splits) {
  const std::string choice = fmt::format("constexpr int kRows = {}, kSplits = {};\n", rows, splits);
  Candidate candidate =
      make_jit_candidate("jit.matmul", node, target, Layout::kPlain,
                         KernelSource{"ops/matmul_rows.cuh", preamble(node, product, choice)},
                         fmt::format("rows{}_k{}", rows, splits));
  candidate.attributes.set("kernel", std::string("matmul_rows"));
  candidate.attributes.set("pack_b", int64_t{packs_b(node, product)});
  candidate.attributes.set("tile_rows", rows);
  candidate.attributes.set("tile_columns", int64_t{kernels::kRowsColumns} * 4 / splits);
  candidate.attributes.set("threads", int64_t{128});
  candidate.attributes.set("shared_bytes", int64_t{0});
  candidate.reads_windows = candidate.writes_windows = true;
  return candidate;
}

std::vector<Candidate> candidates(const TacticNode& node, const Target& target) {
  const Product product(node);
  std::vector<Candidate> result;
  const DType dtype = node.input_dtype(0);
  const bool along_inner = !product.transpose_a && (product.transpose_b || packs_b(node, product));
  if (product.rows <= kFewRows && along_inner) {
    const int64_t rows = product.rows <= 1 ? 1 : product.rows <= 2 ? 2 : product.rows <= 4 ? 4 : 8;
    const int64_t warps = product.products * product.columns / kernels::kRowsColumns;
    if (warps < 16 * target.gpu.multiprocessors) {
      result.push_back(rows_candidate(node, target, product, rows, 4));
    }
    if (warps > 4 * target.gpu.multiprocessors) {
      result.push_back(rows_candidate(node, target, product, rows, 1));
    }
  }
  const bool is_f32 = dtype == DType::kF32;
  const bool tensor_cores =
      on_tensor_cores(dtype, target) && (!only_along_inner(node) || along_inner);
  if (tensor_cores) {
    for (const MatrixTile& tile : tiles_for(product.products, product.rows, product.columns,
                                            product.inner, dtype, target.gpu, kMostTiles)) {
      result.push_back(mma_candidate(node, target, product, tile));
    }
  }
  if (!tensor_cores || is_f32) result.push_back(fma_candidate(node, target, product));
  return result;
}

}  // namespace

extern const TacticDef kJitMatmulTactic = {
    .name = "jit.matmul",
    .summary = "Matmul with any epilogue by our own kernels.",
    .ops = {"MatMul"},
    .supports = supports,
    .candidates = candidates,
    .device = "cuda",
};

}  // namespace ingot
