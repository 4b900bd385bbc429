// Conv: cross-correlation of images with filters, 1 to 3 spatial axes, groups, dilations, and an
// optional epilogue of our own (fused by passes).
#include "ops/convolution.h"
#include "ops/epilogue.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_float(node, 0);
  node.require_same_dtype(0, 1);
  infer_convolution(node, 0, 1, node.input(0).dtype);
  if (node.has_input(2)) {
    node.require_rank(2, 1, 1);
    require_equal(node, node.dims(2)[0], node.dims(1)[0], "size of the bias and number of filters");
  }
  infer_epilogue(node, 3);
}

void evaluate(Reference& node) {
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
    .inputs = {{"X", "float, [batch, channels, spatial...], 1 to 3 spatial axes"},
               {"W", "type of X, [filters, channels / group, kernel...]"},
               {"B", "type of X, [filters]; added to every element of a filter's result",
                OpPort::kOptional},
               {"extras", "inputs 1, 2, ... of the epilogue", OpPort::kVariadic}},
    .outputs = {{"Y", "type of X, [batch, filters, spatial...]"}},
    .attributes = convolution_attributes({epilogue_attribute()}),
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
