// Types and results of products of 8-bit operands.
#include "ops/narrow_product.h"

#include <fmt/format.h>

#include "ops/blocks.h"
#include "ops/float_tensor.h"

namespace ingot {
namespace {

bool has_epilogue(const NodeAttributes& node) {
  const Expression* epilogue = node.attributes().expression("epilogue");
  return epilogue && !epilogue->empty();
}

}  // namespace

bool is_narrow_integer(DType dtype) { return dtype == DType::kI8 || dtype == DType::kU8; }

bool is_narrow(DType dtype) {
  return is_narrow_integer(dtype) || dtype == DType::kF8E4M3 || dtype == DType::kF8E5M2;
}

OpAttribute result_dtype_attribute() {
  return {
      "dtype", DType::kUndefined,
      "type of the result of 8-bit operands (our own); integers round half to even and saturate"};
}

OpAttribute x_zero_attribute() {
  return {"x_zero", 0, "zero point of an 8-bit X, which padding holds too (our own)"};
}

DType product_dtype(const InferContext& node) {
  const DType x = node.input(0).dtype, w = node.input(1).dtype, given = node.dtype("dtype");
  if (!is_narrow(x)) {
    node.require_same_dtype(0, 1);
    if (given == DType::kUndefined || given == x) return x;
    node.fail("op.bad_type",
              fmt::format("a result of {} from operands of {}", dtype_name(given), dtype_name(x)),
              "only products of 8-bit operands take the attribute dtype: cast the result");
  }
  const bool integers = is_narrow_integer(x);
  if (integers ? w != DType::kI8 : !is_narrow(w) || is_narrow_integer(w)) {
    node.fail("op.bad_type", fmt::format("operands of {} and {}", dtype_name(x), dtype_name(w)),
              integers ? "centre the second operand to i8" : "make both 8-bit floats");
  }
  if (given == DType::kUndefined) {
    return integers && !has_epilogue(node) ? DType::kI32 : DType::kF32;
  }
  const bool result_fits =
      is_narrow(given) || given == DType::kF32 || given == DType::kF16 || given == DType::kBF16;
  if (result_fits) return given;
  node.fail("op.bad_type", fmt::format("a result of {}", dtype_name(given)),
            "use f32, f16, bf16, i8 or u8");
}

void require_product_bias(const InferContext& node, const Dim& filters) {
  if (!node.has_input(2)) return;
  node.require_rank(2, 1, 1);
  require_equal(node, node.dims(2)[0], filters, "size of the bias and number of filters");
  const DType x = node.input(0).dtype, bias = node.input(2).dtype;
  if (!is_narrow(x)) return;
  const DType wanted = is_narrow_integer(x) ? DType::kI32 : DType::kF32;
  if (bias == wanted) return;
  node.fail("op.bad_type",
            fmt::format("a bias of {} in a sum of {}", dtype_name(bias), dtype_name(wanted)),
            "add it in the epilogue");
}

std::vector<double> centred_on_x_zero(const Reference& node) {
  std::vector<double> values = load_all<double>(node.input(0));
  if (const auto zero = static_cast<double>(node.integer("x_zero")); zero != 0) {
    for (double& value : values) value -= zero;
  }
  return values;
}

void store_product(Reference& node, const std::vector<double>& sums, int first_extra) {
  const TensorView& output = node.output(0);
  if (output.dtype == DType::kI32) return store_elements(sums.data(), output);
  std::vector<float> values(sums.begin(), sums.end());
  apply_epilogue(node, first_extra, TensorView{DType::kF32, output.shape, values.data()});
}

}  // namespace ingot
