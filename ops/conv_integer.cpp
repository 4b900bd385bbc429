// ConvInteger: a convolution of 8-bit integers with a 32-bit result.
#include "ops/convolution.h"
#include "ops/integer_operands.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_8_bit(node, 0);
  require_8_bit(node, 1);
  infer_convolution(node, 0, 1, DType::kI32);
}

void evaluate(Reference& node) {
  const std::vector<double> x = centred(node, 0, 2, 1), w = centred(node, 1, 3, 0);
  ElementsToStore<double> y(node.output(0));
  convolve(convolution_sizes(node, 0, 1), x.data(), w.data(), y.data());
}

}  // namespace

extern const OpDef kConvInteger = {
    .name = "ConvInteger",
    .summary = "Convolves 8-bit integers to 32-bit integers.",
    .inputs = {{"x", "i8 or u8, [batch, channels, spatial...]"},
               {"w", "i8 or u8, [filters, channels / group, kernel...]"},
               {"x_zero_point", "type of x, one number", OpPort::kOptional},
               {"w_zero_point", "type of w, one number or [filters]", OpPort::kOptional}},
    .outputs = {{"y", "i32, [batch, filters, spatial...]"}},
    .attributes = convolution_attributes(),
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
