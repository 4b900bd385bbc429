// Product of float rows by a constant matrix, and convolution of single pixels, channels last,
// which is the same.
#include <algorithm>

#include "runtime/cpu/float_product.h"
#include "runtime/cpu/integer/finish.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

bool all_are(const std::vector<int64_t>& values, int64_t value) {
  return std::all_of(values.begin(), values.end(), [&](int64_t v) { return v == value; });
}

FloatRows rows_of_matrix(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const Shape& w = context.inputs()[1].shape;
  if (x.shape.rank() < 2 || w.rank() != 2 || context.attributes().integer("transpose_a") != 0) {
    unsupported(context, "a product that is not of rows by a constant matrix");
  }
  FloatRows rows;
  const bool transposed = context.attributes().integer("transpose_b") != 0;
  rows.length_axis = transposed ? 1 : 0;
  rows.filter_axis = 1 - rows.length_axis;
  rows.column_axis = context.outputs()[0].shape.rank() - 1;
  return rows;
}

FloatRows rows_of_pixels(const StepContext& context) {
  const Shape& w = context.inputs()[1].shape;
  const Attributes& attributes = context.attributes();
  bool pixels = attributes.integer("group", 1) == 1 && all_are(attributes.integers("strides"), 1) &&
                all_are(attributes.integers("pads"), 0);
  for (int axis = 2; axis < w.rank(); ++axis) pixels = pixels && w[axis] == 1;
  if (!pixels || attributes.text("auto_pad", "NOTSET") != "NOTSET") {
    unsupported(context, "a convolution of more than single pixels, one by one");
  }
  FloatRows rows;
  rows.length_axis = 1;
  rows.filter_axis = 0;
  rows.bias_input = 2;
  rows.first_extra = 3;
  return rows;
}

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& w = context.inputs()[1];
  if (x.dtype != DType::kF32 || w.dtype != DType::kF32 ||
      context.outputs()[0].dtype != DType::kF32) {
    unsupported(context, "a product of other types than f32");
  }
  const bool convolution = context.attributes().has("kernel_shape") || w.shape.rank() > 2;
  FloatRows rows = convolution ? rows_of_pixels(context) : rows_of_matrix(context);
  const int axis = convolution ? 1 : x.shape.rank() - 1;
  if (layout_block(x.layout) > 1 && x.shape.rank() > 2) unsupported(context, "blocks of channels");
  rows.row_step = uniform_row_step(x, axis).value_or(0);
  rows.length = x.shape[axis];
  rows.filters = w.shape[rows.filter_axis];
  rows.rows = rows.length > 0 ? x.elements() / rows.length : 0;
  return std::make_unique<FloatProduct>(context, rows);
}

}  // namespace

extern const StepDef kCpuInnerProduct = {
    .kind = "cpu.inner_product",
    .summary = "Product of float rows, or pixels, by a constant matrix packed in panels.",
    .prepare = prepare,
};

}  // namespace ingot
