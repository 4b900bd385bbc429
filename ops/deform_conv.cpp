// DeformConv: a 2-D convolution whose taps are moved by learned offsets and scaled by a learned
// mask; pixels between the grid points are interpolated.
#include <cmath>

#include <fmt/format.h>

#include "ops/convolution.h"
#include "ops/matrix_multiply.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_float(node, 0);
  node.require_rank(0, 4, 4);
  infer_convolution(node, 0, 1, node.input(0).dtype);
  node.require_rank(2, 4, 4);
  const int64_t groups = node.integer("offset_group");
  const std::vector<int64_t> kernel = kernel_from_weight(node, 1);
  const int64_t taps = kernel[0] * kernel[1];
  require_equal(node, node.dims(2)[1], groups * taps * 2, "channels of offset and kernel size");
  if (node.has_input(4)) {
    node.require_rank(4, 4, 4);
    require_equal(node, node.dims(4)[1], groups * taps, "channels of mask and kernel size");
  }
}

/// Bilinear value at (y, x); pixels outside of the image are 0.
template <typename T>
T sample(const T* plane, int64_t height, int64_t width, T y, T x) {
  if (y <= T{-1} || x <= T{-1} || y >= static_cast<T>(height) || x >= static_cast<T>(width)) {
    return T{0};
  }
  const T floor_y = std::floor(y), floor_x = std::floor(x);
  T sum = 0;
  for (int64_t dy = 0; dy < 2; ++dy) {
    for (int64_t dx = 0; dx < 2; ++dx) {
      const int64_t at_y = static_cast<int64_t>(floor_y) + dy;
      const int64_t at_x = static_cast<int64_t>(floor_x) + dx;
      if (at_y < 0 || at_x < 0 || at_y >= height || at_x >= width) continue;
      const T weight_y = dy ? y - floor_y : T{1} - (y - floor_y);
      const T weight_x = dx ? x - floor_x : T{1} - (x - floor_x);
      sum += weight_y * weight_x * plane[at_y * width + at_x];
    }
  }
  return sum;
}

template <typename T>
void evaluate_as(const Reference& node) {
  const ConvolutionSizes sizes = convolution_sizes(node, 0, 1);
  const Window& window = sizes.window;
  const Elements<T> x(node.input(0)), w(node.input(1)), offset(node.input(2));
  const Elements<T> bias(node.has_input(3) ? node.input(3) : TensorView{});
  const Elements<T> mask(node.has_input(4) ? node.input(4) : TensorView{});
  ElementsToStore<T> y(node.output(0));
  const int64_t taps = window.kernel_elements(), positions = window.position_count();
  const int64_t offset_groups = node.integer("offset_group");
  fill_bias(sizes, positions, bias.data(), y.data());

  const int64_t channels = sizes.channels / sizes.groups, filters = sizes.filters / sizes.groups;
  std::vector<T> patches(static_cast<size_t>(sizes.channels * taps * positions));
  for (int64_t n = 0; n < sizes.batch; ++n) {
    for (int64_t row = 0; row < sizes.channels * taps; ++row) {
      const int64_t channel = row / taps, tap = row % taps;
      const int64_t group = channel / (sizes.channels / offset_groups);
      const int64_t moved = (n * offset_groups + group) * taps + tap;
      const T* plane = x.data() + (n * sizes.channels + channel) * window.image_elements();
      for (int64_t i = 0; i < positions; ++i) {
        const T at_y =
            static_cast<T>(window.coordinate(1, i / window.positions[2], tap / window.kernel[2])) +
            offset[2 * moved * positions + i];
        const T at_x =
            static_cast<T>(window.coordinate(2, i % window.positions[2], tap % window.kernel[2])) +
            offset[(2 * moved + 1) * positions + i];
        const T scale = mask.data() ? mask[moved * positions + i] : T{1};
        patches[static_cast<size_t>(row * positions + i)] =
            scale * sample(plane, window.image[1], window.image[2], at_y, at_x);
      }
    }
    for (int64_t g = 0; g < sizes.groups; ++g) {
      const int64_t depth = channels * taps;
      multiply_add({w.data() + g * filters * depth, depth, 1},
                   {patches.data() + g * depth * positions, positions, 1},
                   y.data() + (n * sizes.filters + g * filters) * positions, positions, filters,
                   depth, positions);
    }
  }
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() { evaluate_as<T>(node); });
}

}  // namespace

extern const OpDef kDeformConv = {
    .name = "DeformConv",
    .summary = "Convolves with taps that learned offsets move and a learned mask scales.",
    .inputs = {{"X", "float, [batch, channels, height, width]"},
               {"W", "type of X, [filters, channels / group, kernel height, kernel width]"},
               {"offset", "type of X, [batch, offset_group * taps * 2, out height, out width]"},
               {"B", "type of X, [filters]", OpPort::kOptional},
               {"mask", "type of X, [batch, offset_group * taps, out height, out width]",
                OpPort::kOptional}},
    .outputs = {{"Y", "type of X, [batch, filters, out height, out width]"}},
    .attributes = {dilations_attribute(),
                   {"group", 1, "number of groups that channels and filters are divided into"},
                   kernel_shape_attribute(false),
                   {"offset_group", 1, "number of groups of channels with offsets of their own"},
                   pads_attribute(),
                   strides_attribute()},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
