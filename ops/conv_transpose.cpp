// ConvTranspose: the gradient of a convolution with respect to its input, used to upsample. Every
// input pixel adds its filters, scaled by it, to a patch of the output.
#include <algorithm>

#include <fmt/format.h>

#include "ops/convolution.h"
#include "ops/matrix_multiply.h"
#include "ops/narrow_product.h"

namespace ingot {
namespace {

/// Attributes with one entry per spatial axis, defaults filled in.
struct Steps {
  std::vector<int64_t> kernel, strides, dilations, pads, output_padding, output_shape;
  std::string auto_pad;

  Steps(const NodeAttributes& node, std::vector<int64_t> kernel_sizes)
      : kernel(std::move(kernel_sizes)), auto_pad(node.text("auto_pad")) {
    const size_t axes = kernel.size();
    const auto read = [&](std::string_view name, size_t count, int64_t fallback) {
      std::vector<int64_t> values = node.integers(name);
      if (values.empty()) values.assign(count, fallback);
      return values;
    };
    strides = read("strides", axes, 1);
    dilations = read("dilations", axes, 1);
    pads = read("pads", 2 * axes, 0);
    output_padding = read("output_padding", axes, 0);
    output_shape = node.integers("output_shape");
    // Some exporters write batch and channels as well.
    if (output_shape.size() == axes + 2)
      output_shape.erase(output_shape.begin(), output_shape.begin() + 2);
  }

  bool same() const { return auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER"; }

  /// Size without any cropping.
  Dim full_size(size_t i, const Dim& input) const {
    return (input - Dim(1)) * Dim(strides[i]) +
           Dim(output_padding[i] + (kernel[i] - 1) * dilations[i] + 1);
  }
  Dim output_size(size_t i, const Dim& input) const {
    if (!output_shape.empty()) return output_shape[i];
    if (same()) return input * Dim(strides[i]);
    if (auto_pad == "VALID") return full_size(i, input);
    return full_size(i, input) - Dim(pads[i] + pads[i + kernel.size()]);
  }
  /// Elements cropped before the first output element.
  int64_t begin_pad(size_t i, int64_t input, int64_t output) const {
    if (output_shape.empty() && !same()) return auto_pad == "VALID" ? 0 : pads[i];
    const int64_t total = std::max<int64_t>(0, full_size(i, input).constant() - output);
    return auto_pad == "SAME_UPPER" ? total / 2 : total - total / 2;
  }
};

void infer(InferContext& node) {
  if (!is_narrow(node.input(0).dtype)) require_float(node, 0);
  node.require_rank(0, 3, 5);
  node.require_rank(1, node.rank(0), node.rank(0));
  const SymbolicShape& image = node.dims(0);
  const SymbolicShape& weight = node.dims(1);
  check_window_attributes(node, image.size() - 2);
  const Dim groups = node.integer("group");
  if (groups.constant() < 1) node.fail("op.bad_attribute", "group is below 1", "correct it");
  require_equal(node, image[1], weight[0], "channels of the input and of the weight");

  const Steps steps(node, kernel_from_weight(node, 1));
  const size_t axes = image.size() - 2;
  if (steps.output_padding.size() != axes ||
      (!steps.output_shape.empty() && steps.output_shape.size() != axes)) {
    node.fail("op.bad_attribute",
              fmt::format("output_padding and output_shape need {} numbers each", axes),
              "correct the attributes");
  }
  SymbolicShape dims = {image[0], weight[1] * groups};
  for (size_t i = 0; i < axes; ++i) dims.push_back(steps.output_size(i, image[i + 2]));
  node.set_output(0, product_dtype(node), std::move(dims));
  require_product_bias(node, node.outputs()[0].dims[1]);
  infer_epilogue(node, 3);
}

/// The convolution whose gradient this is: it slides over the output and gives the input.
ConvolutionSizes sizes_of(const Reference& node) {
  const Shape& x = node.input(0).shape;
  const Shape& w = node.input(1).shape;
  const Shape& y = node.output(0).shape;
  const Steps steps(node, std::vector<int64_t>(w.begin() + 2, w.end()));
  ConvolutionSizes sizes{{}, x[0], x[1], y[1], node.integer("group")};
  const size_t axes = steps.kernel.size();
  for (size_t i = 0; i < axes; ++i) {
    const size_t to = 3 - axes + i;
    const int axis = static_cast<int>(i) + 2;
    sizes.window.image[to] = y[axis];
    sizes.window.positions[to] = x[axis];
    sizes.window.kernel[to] = steps.kernel[i];
    sizes.window.strides[to] = steps.strides[i];
    sizes.window.dilations[to] = steps.dilations[i];
    sizes.window.begin_pads[to] = steps.begin_pad(i, x[axis], y[axis]);
  }
  return sizes;
}

template <typename T>
void convolve_transposed(const ConvolutionSizes& sizes, const T* x, const T* w, T* y) {
  const Window& window = sizes.window;
  const int64_t channels = sizes.channels / sizes.groups;
  const int64_t filters = sizes.filters / sizes.groups;
  const int64_t taps = filters * window.kernel_elements();
  const int64_t positions = window.position_count();
  const int64_t block = patch_block(taps, positions);
  std::vector<T> patches(static_cast<size_t>(taps * block));

  for (int64_t i = 0; i < sizes.batch * sizes.groups; ++i) {
    const T* image = x + i * channels * positions;
    const T* weight = w + i % sizes.groups * channels * taps;
    T* result = y + i * filters * window.image_elements();
    for (int64_t first = 0; first < positions; first += block) {
      const int64_t count = std::min(block, positions - first);
      std::fill(patches.begin(), patches.end(), T{0});
      multiply_add({weight, 1, taps}, {image + first, positions, 1}, patches.data(), count, taps,
                   channels, count);
      scatter_patches(window, patches.data(), filters, first, count, result);
    }
  }
}

void evaluate_narrow(Reference& node) {
  const ConvolutionSizes sizes = sizes_of(node);
  const std::vector<double> x = centred_on_x_zero(node);
  const Elements<double> w(node.input(1));
  const Elements<double> bias(node.has_input(2) ? node.input(2) : TensorView{});
  std::vector<double> sums(static_cast<size_t>(node.output(0).elements()));
  fill_bias(sizes, sizes.window.image_elements(), bias.data(), sums.data());
  convolve_transposed(sizes, x.data(), w.data(), sums.data());
  store_product(node, sums, 3);
}

void evaluate(Reference& node) {
  if (is_narrow(node.input(0).dtype)) return evaluate_narrow(node);
  with_compute_type(node.input(0).dtype, [&]<typename T>() {
    const ConvolutionSizes sizes = sizes_of(node);
    const Elements<T> x(node.input(0));
    const Elements<T> w(node.input(1));
    const Elements<T> bias(node.has_input(2) ? node.input(2) : TensorView{});
    ElementsToStore<T> y(node.output(0));
    fill_bias(sizes, sizes.window.image_elements(), bias.data(), y.data());
    convolve_transposed(sizes, x.data(), w.data(), y.data());
  });
  apply_epilogue(node, 3);
}

}  // namespace

extern const OpDef kConvTranspose = {
    .name = "ConvTranspose",
    .summary = "Adds every input element's filters, scaled by it, to a patch of the output.",
    .inputs = {{"X", "float, i8 or u8, [batch, channels, spatial...], 1 to 3 spatial axes"},
               {"W", "type of X (i8 where that is u8), [channels, filters / group, kernel...]"},
               {"B",
                "type of X (i32 where that is i8 or u8), [filters]; added to a filter's results",
                OpPort::kOptional},
               {"extras", "float, i8 or u8: inputs 1, 2, ... of the epilogue", OpPort::kVariadic}},
    .outputs = {{"Y", "type of X, or `dtype` (i32 without), [batch, filters, spatial...]"}},
    .attributes =
        convolution_attributes({result_dtype_attribute(),
                                {"output_padding", std::vector<int64_t>{},
                                 "elements added at the end of each spatial axis; 0 if absent"},
                                {"output_shape", std::vector<int64_t>{},
                                 "sizes of the output's spatial axes; pads then follow from them"},
                                epilogue_attribute(),
                                x_zero_attribute()}),
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
