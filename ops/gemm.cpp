// Gemm: alpha * A * B + beta * C for matrices, each of A and B transposed if asked.
#include "ops/blocks.h"
#include "ops/broadcast_iteration.h"
#include "ops/float_tensor.h"
#include "ops/matmul_sizes.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  node.require_rank(0, 2, 2);
  node.require_rank(1, 2, 2);
  node.require_same_dtype(0, 1);
  infer_matmul(node, 0, 1, node.integer("transA") != 0, node.integer("transB") != 0,
               node.input(0).dtype);
  if (!node.has_input(2)) return;
  node.require_same_dtype(0, 2);
  node.require_rank(2, 0, 2);
  broadcast(node.outputs()[0].dims, node.dims(2), node.op().name);
}

template <typename T>
void evaluate_as(const Reference& node) {
  const Elements<T> a(node.input(0)), b(node.input(1));
  ElementsToStore<T> y(node.output(0));
  multiply_batches(MatMulSizes::of(node.input(0).shape, node.input(1).shape,
                                   node.integer("transA") != 0, node.integer("transB") != 0),
                   a.data(), b.data(), y.data());
  const T alpha = node.number("alpha"), beta = node.number("beta");
  if (alpha != T{1}) {
    for (int64_t i = 0; i < node.output(0).elements(); ++i) y[i] *= alpha;
  }
  if (!node.has_input(2)) return;
  const Elements<T> c(node.input(2));
  for (BroadcastRows row(node.output(0).shape, {node.input(2).shape}); row.more(); row.next()) {
    for (int64_t i = 0; i < row.length(); ++i) {
      y[row.out() + i] += beta * c[row.offset(0) + i * row.step(0)];
    }
  }
}

void evaluate(Reference& node) {
  // Integers are exact as double up to 2^53.
  if (node.input(0).dtype == DType::kF64 || is_integer(node.input(0).dtype)) {
    evaluate_as<double>(node);
  } else {
    evaluate_as<float>(node);
  }
}

}  // namespace

extern const OpDef kGemm = {
    .name = "Gemm",
    .summary = "Computes alpha * A * B + beta * C for matrices.",
    .inputs = {{"A", "float or integer, [rows, inner], or [inner, rows] with transA"},
               {"B", "type of A, [inner, columns], or [columns, inner] with transB"},
               {"C", "type of A, broadcasts to the result", OpPort::kOptional}},
    .outputs = {{"Y", "type of A, [rows, columns]"}},
    .attributes = {{"alpha", 1.0F, "factor of the product"},
                   {"beta", 1.0F, "factor of C"},
                   {"transA", 0, "1: A is transposed"},
                   {"transB", 0, "1: B is transposed"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
