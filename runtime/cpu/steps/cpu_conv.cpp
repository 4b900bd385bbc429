// Convolution of 8-bit integers, also transposed, channels last, exact on every processor.
#include "runtime/cpu/integer/conv.h"

namespace ingot {
namespace {

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const IntegerConv conv = integer_conv(context);
  return std::make_unique<IntegerProduct>(context, conv.windows, conv.weights, 2, 3, 1);
}

}  // namespace

extern const StepDef kCpuConv = {
    .kind = "cpu.conv",
    .summary = "Convolution of 8-bit integers, also transposed, with an exact sum and an epilogue.",
    .prepare = prepare,
};

}  // namespace ingot
