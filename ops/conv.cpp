// Conv: cross-correlation of images with filters, 1 to 3 spatial axes, groups, dilations, and an
// optional epilogue of our own (fused by passes). Also of 8-bit operands, with an exact sum.
#include "ops/convolution.h"
#include "ops/narrow_product.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  if (!is_narrow(node.input(0).dtype)) require_float(node, 0);
  infer_convolution(node, 0, 1, product_dtype(node));
  require_product_bias(node, node.dims(1)[0]);
  infer_epilogue(node, 3);
}

void evaluate_narrow(Reference& node) {
  const ConvolutionSizes sizes = convolution_sizes(node, 0, 1);
  const std::vector<double> x = centred_on_x_zero(node);
  const Elements<double> w(node.input(1));
  const Elements<double> bias(node.has_input(2) ? node.input(2) : TensorView{});
  std::vector<double> sums(static_cast<size_t>(node.output(0).elements()));
  fill_bias(sizes, sizes.window.position_count(), bias.data(), sums.data());
  convolve(sizes, x.data(), w.data(), sums.data());
  store_product(node, sums, 3);
}

void evaluate(Reference& node) {
  if (is_narrow(node.input(0).dtype)) return evaluate_narrow(node);
  with_compute_type(node.input(0).dtype, [&]<typename T>() {
    const ConvolutionSizes sizes = convolution_sizes(node, 0, 1);
    const Elements<T> x(node.input(0));
    const Elements<T> w(node.input(1));
    const Elements<T> bias(node.has_input(2) ? node.input(2) : TensorView{});
    ElementsToStore<T> y(node.output(0));
    fill_bias(sizes, sizes.window.position_count(), bias.data(), y.data());
    convolve(sizes, x.data(), w.data(), y.data());
  });
  apply_epilogue(node, 3);
}

}  // namespace

extern const OpDef kConv = {
    .name = "Conv",
    .summary = "Slides filters over images and sums the products under them.",
    .inputs = {{"X", "float, i8 or u8, [batch, channels, spatial...], 1 to 3 spatial axes"},
               {"W", "type of X (i8 where that is u8), [filters, channels / group, kernel...]"},
               {"B",
                "type of X (i32 where that is i8 or u8), [filters]; added to a filter's results",
                OpPort::kOptional},
               {"extras", "float, i8 or u8: inputs 1, 2, ... of the epilogue", OpPort::kVariadic}},
    .outputs = {{"Y", "type of X, or `dtype` (i32 without), [batch, filters, spatial...]"}},
    .attributes = convolution_attributes(
        {result_dtype_attribute(), epilogue_attribute(), x_zero_attribute()}),
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
