// What Conv, ConvTranspose, DeformConv and the integer convolutions share.
#pragma once

#include "ops/window.h"

namespace ingot {

/// Sizes of a convolution of `batch` images: x [batch, channels, image], w [filters, channels /
/// groups, kernel], y [batch, filters, positions].
struct ConvolutionSizes {
  Window window;
  int64_t batch, channels, filters, groups;
};

/// Of inputs `x` and `w` and output 0 of a forward convolution.
ConvolutionSizes convolution_sizes(const Reference& node, int x, int w);

/// Fills y [batch, filters, positions] with the bias of each filter (null: zeros).
template <typename T>
void fill_bias(const ConvolutionSizes& sizes, int64_t positions, const T* bias, T* y);

/// y += convolution of x with w.
template <typename T>
void convolve(const ConvolutionSizes& sizes, const T* x, const T* w, T* y);

/// The shape rule of forward convolutions, with the dtype of the result.
void infer_convolution(InferContext& node, int x, int w, DType result);

/// auto_pad, dilations, group, kernel_shape, pads, strides, and more.
std::vector<OpAttribute> convolution_attributes(std::vector<OpAttribute> more = {});

}  // namespace ingot
