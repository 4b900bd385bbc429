// QLinearConv: a convolution of quantised values, with a quantised result.
#include "ops/convolution.h"
#include "ops/integer_operands.h"

namespace ingot {
namespace {

constexpr int kX = 0, kXScale = 1, kXZero = 2, kW = 3, kWScale = 4, kWZero = 5, kYScale = 6,
              kYZero = 7, kBias = 8;

void infer(InferContext& node) {
  require_8_bit(node, kX);
  require_8_bit(node, kW);
  require_8_bit(node, kYZero);
  infer_convolution(node, kX, kW, node.input(kYZero).dtype);
}

void evaluate(Reference& node) {
  const ConvolutionSizes sizes = convolution_sizes(node, kX, kW);
  const std::vector<double> x = centred(node, kX, kXZero, 1), w = centred(node, kW, kWZero, 0);
  const Elements<double> bias(node.has_input(kBias) ? node.input(kBias) : TensorView{});
  std::vector<double> y(static_cast<size_t>(node.output(0).elements()));
  fill_bias(sizes, sizes.window.position_count(), bias.data(), y.data());
  convolve(sizes, x.data(), w.data(), y.data());
  store_quantised(node, y, scale_factors(node, kXScale, 1, kWScale, 1, kYScale), kYZero, 1);
}

}  // namespace

extern const OpDef kQLinearConv = {
    .name = "QLinearConv",
    .summary = "Convolves quantised values to a quantised result.",
    .inputs = {{"x", "i8 or u8, [batch, channels, spatial...]"},
               {"x_scale", "f32, one number"},
               {"x_zero_point", "type of x, one number"},
               {"w", "i8 or u8, [filters, channels / group, kernel...]"},
               {"w_scale", "f32, one number or [filters]"},
               {"w_zero_point", "type of w, one number or [filters]"},
               {"y_scale", "f32, one number"},
               {"y_zero_point", "i8 or u8, one number; its type is that of y"},
               {"B", "i32, [filters], with scale x_scale * w_scale", OpPort::kOptional}},
    .outputs = {{"y", "type of y_zero_point, [batch, filters, spatial...]"}},
    .attributes = convolution_attributes(),
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
