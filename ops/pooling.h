// What MaxPool, AveragePool and LpPool share, and the pools over whole images.
#pragma once

#include <functional>

#include "ops/window.h"

namespace ingot {

/// Sets output `output` to the pooled shape of input 0 with this type.
void infer_pool(InferContext& node, int output, DType dtype);

/// auto_pad, ceil_mode, dilations, kernel_shape, pads, strides, and more.
std::vector<OpAttribute> pool_attributes(std::vector<OpAttribute> more);

/// The type of a mean of input 0: that of a float; of i8 and u8 the attribute `dtype`, which they
/// need.
DType mean_dtype(const InferContext& node);
OpAttribute mean_dtype_attribute();

/// The window of a pool node.
Window pool_window(const Reference& node);

/// Calls visit(pixel) for the offset in a plane of every tap inside of the image at a position.
template <typename Visit>
void for_each_pixel(const Window& w, int64_t position, Visit&& visit) {
  const int64_t x = position % w.positions[2];
  const int64_t y = position / w.positions[2] % w.positions[1];
  const int64_t z = position / w.positions[2] / w.positions[1];
  for (int64_t d = 0; d < w.kernel[0]; ++d) {
    const int64_t at_z = w.coordinate(0, z, d);
    if (at_z < 0 || at_z >= w.image[0]) continue;
    for (int64_t h = 0; h < w.kernel[1]; ++h) {
      const int64_t at_y = w.coordinate(1, y, h);
      if (at_y < 0 || at_y >= w.image[1]) continue;
      const int64_t row = (at_z * w.image[1] + at_y) * w.image[2];
      for (int64_t k = 0; k < w.kernel[2]; ++k) {
        const int64_t at_x = w.coordinate(2, x, k);
        if (at_x >= 0 && at_x < w.image[2]) visit(row + at_x);
      }
    }
  }
}

/// The shape rule of pools over whole images: all spatial axes become 1. Without a dtype that of
/// input 0, which must be float.
void infer_global_pool(InferContext& node);
void infer_global_pool(InferContext& node, DType dtype);

/// Evaluates a pool over whole images: reduce(plane, elements) gives the one result of a plane.
template <typename T>
void evaluate_global_pool(const Reference& node,
                          const std::function<T(const T* plane, int64_t elements)>& reduce) {
  const Elements<T> x(node.input(0));
  ElementsToStore<T> y(node.output(0));
  const int64_t planes = node.output(0).elements();
  const int64_t elements = planes ? node.input(0).elements() / planes : 0;
  for (int64_t i = 0; i < planes; ++i) y[i] = reduce(x.data() + i * elements, elements);
}

}  // namespace ingot
