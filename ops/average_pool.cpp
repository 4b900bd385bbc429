// AveragePool: the mean of the elements under a sliding window.
#include <algorithm>

#include "ops/pooling.h"

namespace ingot {
namespace {

void infer(InferContext& node) { infer_pool(node, 0, mean_dtype(node)); }

/// Taps of the window that fall on the image or on its padding: a window that overhangs because of
/// ceil_mode is divided by what it really covers.
int64_t taps_in_padded_image(const Window& w, int64_t position) {
  const int64_t at[3] = {position / w.positions[2] / w.positions[1],
                         position / w.positions[2] % w.positions[1], position % w.positions[2]};
  int64_t count = 1;
  for (size_t axis = 0; axis < 3; ++axis) {
    int64_t inside = 0;
    for (int64_t tap = 0; tap < w.kernel[axis]; ++tap) {
      inside +=
          w.coordinate(static_cast<int>(axis), at[axis], tap) < w.image[axis] + w.end_pads[axis];
    }
    count *= inside;
  }
  return count;
}

template <typename T>
void evaluate_as(const Reference& node) {
  const Window window = pool_window(node);
  const Elements<T> x(node.input(0));
  ElementsToStore<T> y(node.output(0));
  const bool include_padding = node.integer("count_include_pad") != 0;
  const int64_t planes = node.input(0).shape[0] * node.input(0).shape[1];
  const int64_t positions = window.position_count();
  for (int64_t plane = 0; plane < planes; ++plane) {
    const T* pixels = x.data() + plane * window.image_elements();
    for (int64_t i = 0; i < positions; ++i) {
      T sum = 0;
      int64_t count = 0;
      for_each_pixel(window, i, [&](int64_t pixel) {
        sum += pixels[pixel];
        ++count;
      });
      if (include_padding) count = taps_in_padded_image(window, i);
      y[plane * positions + i] = sum / static_cast<T>(std::max<int64_t>(1, count));
    }
  }
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() { evaluate_as<T>(node); });
}

}  // namespace

extern const OpDef kAveragePool = {
    .name = "AveragePool",
    .summary = "Takes the mean of the elements under a sliding window.",
    .inputs = {{"X", "float, i8 or u8, [batch, channels, spatial...], 1 to 3 spatial axes"}},
    .outputs = {{"Y", "type of X or `dtype`, [batch, channels, spatial...]"}},
    .attributes = pool_attributes(
        {{"count_include_pad", 0, "1: padding counts as zeros; 0: it is left out of the mean"},
         mean_dtype_attribute()}),
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
