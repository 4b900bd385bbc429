// Convolution as products of the weights with blocks of patches.
#include "ops/convolution.h"

#include <algorithm>

#include <fmt/format.h>

#include "ops/matrix_multiply.h"

namespace ingot {

ConvolutionSizes convolution_sizes(const Reference& node, int x, int w) {
  const Shape& image = node.input(x).shape;
  const Shape& weight = node.input(w).shape;
  const std::vector<int64_t> kernel(weight.begin() + 2, weight.end());
  return {.window = window_over(spatial_window(node, kernel), image, node.output(0).shape),
          .batch = image[0],
          .channels = image[1],
          .filters = weight[0],
          .groups = node.integer("group")};
}

template <typename T>
void fill_bias(const ConvolutionSizes& sizes, int64_t positions, const T* bias, T* y) {
  for (int64_t i = 0; i < sizes.batch * sizes.filters; ++i) {
    std::fill_n(y + i * positions, positions, bias ? bias[i % sizes.filters] : T{0});
  }
}

template <typename T>
void convolve(const ConvolutionSizes& sizes, const T* x, const T* w, T* y) {
  const Window& window = sizes.window;
  const int64_t channels = sizes.channels / sizes.groups;
  const int64_t filters = sizes.filters / sizes.groups;
  const int64_t taps = channels * window.kernel_elements();
  const int64_t pixels = window.image_elements();
  const int64_t positions = window.position_count();
  const bool direct = window.patches_are_image();
  const int64_t block = direct ? positions : patch_block(taps, positions);
  std::vector<T> patches(direct ? 0 : static_cast<size_t>(taps * block));

  for (int64_t i = 0; i < sizes.batch * sizes.groups; ++i) {
    const T* image = x + i * channels * pixels;
    const T* weight = w + i % sizes.groups * filters * taps;
    T* result = y + i * filters * positions;
    for (int64_t first = 0; first < positions; first += block) {
      const int64_t count = std::min(block, positions - first);
      const T* columns = image;
      if (!direct) {
        gather_patches(window, image, channels, first, count, patches.data());
        columns = patches.data();
      }
      multiply_add({weight, taps, 1}, {columns, count, 1}, result + first, positions, filters, taps,
                   count);
    }
  }
}

template void fill_bias(const ConvolutionSizes&, int64_t, const float*, float*);
template void fill_bias(const ConvolutionSizes&, int64_t, const double*, double*);
template void convolve(const ConvolutionSizes&, const float*, const float*, float*);
template void convolve(const ConvolutionSizes&, const double*, const double*, double*);

void infer_convolution(InferContext& node, int x, int w, DType result) {
  node.require_rank(x, 3, 5);
  node.require_rank(w, node.rank(x), node.rank(x));
  const SymbolicShape& image = node.dims(x);
  const SymbolicShape& weight = node.dims(w);
  check_window_attributes(node, image.size() - 2);
  const int64_t groups = node.integer("group");
  if (groups < 1 || (weight[0].is_constant() && weight[0].constant() % groups != 0)) {
    node.fail("op.bad_attribute",
              fmt::format("group is {}, which does not divide the {} filters", groups,
                          weight[0].to_string()),
              "correct the attribute or the weight");
  }
  require_equal(node, image[1], weight[1] * Dim(groups),
                "channels of the input and of the weight (times group)");

  const SpatialWindow window = spatial_window(node, kernel_from_weight(node, w));
  SymbolicShape dims = {image[0], weight[0]};
  for (size_t i = 2; i < image.size(); ++i) {
    dims.push_back(window.output_size(static_cast<int>(i - 2), image[i]));
  }
  node.set_output(0, result, std::move(dims));
}

std::vector<OpAttribute> convolution_attributes(std::vector<OpAttribute> more) {
  std::vector<OpAttribute> attributes = {
      auto_pad_attribute(),
      dilations_attribute(),
      {"group", 1, "number of groups that channels and filters are divided into"},
      kernel_shape_attribute(false),
      pads_attribute(),
      strides_attribute()};
  attributes.insert(attributes.end(), more.begin(), more.end());
  return attributes;
}

}  // namespace ingot
