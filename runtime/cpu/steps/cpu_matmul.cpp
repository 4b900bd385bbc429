// Product of 8-bit integers by a constant matrix, exact on every processor.
#include "runtime/cpu/integer/product.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const StepTensor& a = context.inputs()[0];
  const StepTensor& b = context.inputs()[1];
  const StepTensor& y = context.outputs()[0];
  if ((a.dtype != DType::kI8 && a.dtype != DType::kU8) || b.dtype != DType::kI8) {
    unsupported(context, "a product of other types than i8 or u8 by i8");
  }
  if (a.shape.rank() < 2 || b.shape.rank() != 2 ||
      context.attributes().integer("transpose_a") != 0) {
    unsupported(context, "a product that is not of rows by a constant matrix");
  }
  const int last = a.shape.rank() - 1;
  const auto step = uniform_row_step(a, last);
  if (!step) unsupported(context, "rows that do not follow each other evenly");
  const bool transposed = context.attributes().integer("transpose_b") != 0;
  IntegerWindows windows;
  windows.channels = a.shape[last];
  windows.in[2] = windows.out[2] = windows.channels > 0 ? a.elements() / windows.channels : 0;
  windows.step[2] = *step;
  windows.dtype = a.dtype;
  IntegerWeights weights;
  weights.filters = b.shape[transposed ? 0 : 1];
  weights.filter_step = transposed ? b.shape[1] : 1;
  weights.channel_step = transposed ? 1 : b.shape[1];
  weights.filter_axis = transposed ? 0 : 1;
  weights.channel_axis = transposed ? 1 : 0;
  return std::make_unique<IntegerProduct>(context, windows, weights, -1, 2, y.shape.rank() - 1);
}

}  // namespace

extern const StepDef kCpuMatmul = {
    .kind = "cpu.matmul",
    .summary = "Product of 8-bit integers by a constant matrix with an exact sum and an epilogue.",
    .prepare = prepare,
};

}  // namespace ingot
