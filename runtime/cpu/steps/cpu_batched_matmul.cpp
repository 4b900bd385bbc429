// Products of 8-bit integers where the run computes both operands, exact on every processor.
#include "runtime/cpu/integer/batched.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const StepTensor& a = context.inputs()[0];
  const StepTensor& b = context.inputs()[1];
  if ((a.dtype != DType::kI8 && a.dtype != DType::kU8) || b.dtype != DType::kI8) {
    unsupported(context, "a product of other types than i8 or u8 by i8");
  }
  if (a.shape.rank() < 2 || b.shape.rank() < 2) unsupported(context, "a product of a vector");
  return std::make_unique<IntegerBatchedProduct>(context);
}

}  // namespace

extern const StepDef kCpuBatchedMatmul = {
    .kind = "cpu.batched_matmul",
    .summary = "Products of matrices of 8-bit integers with an exact sum and an epilogue.",
    .prepare = prepare,
};

}  // namespace ingot
