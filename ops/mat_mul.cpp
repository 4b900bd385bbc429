// MatMul: matrix product with NumPy's rules, optional transposes and an optional epilogue (both
// our own, fused by passes). Also of 8-bit operands, with an exact sum.
#include <fmt/format.h>

#include "ops/blocks.h"
#include "ops/float_tensor.h"
#include "ops/matmul_sizes.h"
#include "ops/narrow_product.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  const DType dtype = node.input(0).dtype;
  if (!is_float(dtype) && !is_integer(dtype)) {
    node.fail("op.bad_type", fmt::format("type {} cannot be multiplied", dtype_name(dtype)),
              "cast the operands to f32");
  }
  infer_matmul(node, 0, 1, node.integer("transpose_a") != 0, node.integer("transpose_b") != 0,
               product_dtype(node));
  infer_epilogue(node, 2);
}

/// Integers wrap around, as in NumPy.
void evaluate_integers(const Reference& node, const MatMulSizes& sizes) {
  const std::vector<int64_t> a = load_all<int64_t>(node.input(0));
  const std::vector<int64_t> b = load_all<int64_t>(node.input(1));
  std::vector<int64_t> c;
  c.reserve(static_cast<size_t>(node.output(0).elements()));
  for (const auto& [a_offset, b_offset] : sizes.offsets) {
    for (int64_t i = 0; i < sizes.rows; ++i) {
      for (int64_t j = 0; j < sizes.columns; ++j) {
        uint64_t sum = 0;
        for (int64_t k = 0; k < sizes.inner; ++k) {
          const int64_t at_a = a_offset + i * sizes.a_row_stride + k * sizes.a_column_stride;
          const int64_t at_b = b_offset + k * sizes.b_row_stride + j * sizes.b_column_stride;
          sum += static_cast<uint64_t>(a[static_cast<size_t>(at_a)]) *
                 static_cast<uint64_t>(b[static_cast<size_t>(at_b)]);
        }
        c.push_back(static_cast<int64_t>(sum));
      }
    }
  }
  store_block(node.output(0), 0, c.data(), std::ssize(c));
}

void evaluate(Reference& node) {
  const MatMulSizes sizes =
      MatMulSizes::of(node.input(0).shape, node.input(1).shape, node.integer("transpose_a") != 0,
                      node.integer("transpose_b") != 0);
  if (is_narrow(node.input(0).dtype)) {
    const Elements<double> a(node.input(0)), b(node.input(1));
    std::vector<double> sums(static_cast<size_t>(node.output(0).elements()));
    multiply_batches(sizes, a.data(), b.data(), sums.data());
    return store_product(node, sums, 2);
  }
  if (is_integer(node.input(0).dtype)) {
    evaluate_integers(node, sizes);
  } else {
    with_compute_type(node.input(0).dtype, [&]<typename T>() {
      const Elements<T> a(node.input(0)), b(node.input(1));
      ElementsToStore<T> c(node.output(0));
      multiply_batches(sizes, a.data(), b.data(), c.data());
    });
  }
  apply_epilogue(node, 2);
}

}  // namespace

extern const OpDef kMatMul = {
    .name = "MatMul",
    .summary = "Multiplies matrices; leading axes are batches and broadcast.",
    .inputs = {{"A", "float or integer, any rank from 1"},
               {"B", "type of A (i8 where that is u8), any rank from 1"},
               {"extras", "float, i8 or u8: inputs 1, 2, ... of the epilogue", OpPort::kVariadic}},
    .outputs = {{"Y",
                 "type of A, or `dtype` (i32 of 8-bit integers without), broadcast batches, then "
                 "rows of A and columns of B"}},
    .attributes = {result_dtype_attribute(),
                   epilogue_attribute(),
                   {"transpose_a", 0, "1: the last two axes of A are swapped (our own)"},
                   {"transpose_b", 0, "1: the last two axes of B are swapped (our own)"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
