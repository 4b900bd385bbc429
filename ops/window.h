// The geometry of convolutions and pools with one to three spatial axes, and the moves between an
// image and the matrix of its patches (im2col and back), a bounded number of positions at a time.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ops/float_tensor.h"
#include "ops/infer.h"

namespace ingot {

/// Three spatial axes (depth, height, width); the missing leading ones have size 1. `image` is the
/// side that windows slide over, `positions` counts the places of the window.
struct Window {
  using Sizes = std::array<int64_t, 3>;
  Sizes image{1, 1, 1}, positions{1, 1, 1}, kernel{1, 1, 1};
  Sizes strides{1, 1, 1}, dilations{1, 1, 1}, begin_pads{0, 0, 0}, end_pads{0, 0, 0};

  int64_t image_elements() const { return image[0] * image[1] * image[2]; }
  int64_t position_count() const { return positions[0] * positions[1] * positions[2]; }
  int64_t kernel_elements() const { return kernel[0] * kernel[1] * kernel[2]; }
  /// Coordinate in the image of one tap; outside of [0, image) in the padding.
  int64_t coordinate(int axis, int64_t position, int64_t tap) const {
    return position * strides[static_cast<size_t>(axis)] +
           tap * dilations[static_cast<size_t>(axis)] - begin_pads[static_cast<size_t>(axis)];
  }
  /// True when the patches are the image itself (a 1x1 kernel that visits every pixel).
  bool patches_are_image() const;
};

/// The window of a forward convolution or pool over `image` [N, C, spatial...] giving `result`.
Window window_over(const SpatialWindow& spatial, const Shape& image, const Shape& result);

/// patches[channel * kernel_elements + tap][i] = the pixel under that tap at position first + i,
/// 0 in the padding. `image` has `channels` planes. Rows of `patches` have `count` elements.
template <typename T>
void gather_patches(const Window& window, const T* image, int64_t channels, int64_t first,
                    int64_t count, T* patches);

/// The transpose: adds every patch element to the pixel that it came from.
template <typename T>
void scatter_patches(const Window& window, const T* patches, int64_t channels, int64_t first,
                     int64_t count, T* image);

/// Positions to handle at a time, so that `rows` rows of patches stay near a megabyte.
int64_t patch_block(int64_t rows, int64_t positions);

/// Constant kernel sizes from dims [first, ...) of a weight, checked against the attribute
/// kernel_shape where that is given.
std::vector<int64_t> kernel_from_weight(const InferContext& node, int weight);

/// Fails with "op.bad_attribute" unless attributes strides, dilations, pads and auto_pad make sense
/// for that many spatial axes.
void check_window_attributes(const InferContext& node, size_t spatial_axes);

/// Attributes common to convolutions and pools.
OpAttribute auto_pad_attribute();
OpAttribute strides_attribute();
OpAttribute dilations_attribute();
OpAttribute pads_attribute();
OpAttribute kernel_shape_attribute(bool required);

}  // namespace ingot
