// RoiAlign: pools regions of interest to a fixed size by bilinear samples inside of each bin.
#include <algorithm>
#include <array>
#include <cmath>

#include "ops/axes.h"
#include "ops/blocks.h"
#include "ops/float_tensor.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_float(node, 0);
  node.require_same_dtype(0, 1);
  node.require_rank(0, 4, 4);
  node.require_rank(1, 2, 2);
  node.require_rank(2, 1, 1);
  require_one_of(node, "mode", {"avg", "max"});
  require_one_of(node, "coordinate_transformation_mode", {"half_pixel", "output_half_pixel"});
  require_equal(node, node.dims(1)[1], 4, "columns of rois and corners of a box");
  node.set_output(0, node.input(0).dtype,
                  {node.dims(1)[0], node.dims(0)[1], node.integer("output_height"),
                   node.integer("output_width")});
}

/// Four pixels and their weights; none for a sample outside of the image.
template <typename T>
struct Sample {
  std::array<int64_t, 4> pixel{};
  std::array<T, 4> weight{};
};

template <typename T>
Sample<T> sample_at(T y, T x, int64_t height, int64_t width) {
  if (y < T{-1} || x < T{-1} || y > static_cast<T>(height) || x > static_cast<T>(width)) return {};
  const auto split = [](T at, int64_t size, int64_t* low, int64_t* high) {
    at = std::max(at, T{0});
    *low = std::min(static_cast<int64_t>(at), size - 1);
    *high = std::min(*low + 1, size - 1);
    return *low == size - 1 ? T{0} : at - static_cast<T>(*low);
  };
  int64_t y0, y1, x0, x1;
  const T dy = split(y, height, &y0, &y1), dx = split(x, width, &x0, &x1);
  return {{y0 * width + x0, y0 * width + x1, y1 * width + x0, y1 * width + x1},
          {(1 - dy) * (1 - dx), (1 - dy) * dx, dy * (1 - dx), dy * dx}};
}

template <typename T>
void evaluate_as(const Reference& node) {
  const Shape& image = node.input(0).shape;
  const Shape& shape = node.output(0).shape;
  const int64_t channels = image[1], height = image[2], width = image[3];
  const int64_t rows = shape[2], columns = shape[3];
  const Elements<T> x(node.input(0)), rois(node.input(1));
  const std::vector<int64_t> batches = load_all<int64_t>(node.input(2));
  ElementsToStore<T> y(node.output(0));
  const bool half_pixel = node.text("coordinate_transformation_mode") == "half_pixel";
  const bool use_max = node.text("mode") == "max";
  const T scale = node.number("spatial_scale"), shift = half_pixel ? T(0.5) : T{0};
  const int64_t ratio = node.integer("sampling_ratio");

  std::vector<Sample<T>> samples;
  for (int64_t r = 0; r < shape[0]; ++r) {
    const T* box = rois.data() + r * 4;
    const T left = box[0] * scale - shift, top = box[1] * scale - shift;
    T box_width = box[2] * scale - shift - left, box_height = box[3] * scale - shift - top;
    if (!half_pixel) {  // malformed boxes become 1x1
      box_width = std::max(box_width, T{1});
      box_height = std::max(box_height, T{1});
    }
    const T bin_height = box_height / static_cast<T>(rows);
    const T bin_width = box_width / static_cast<T>(columns);
    const int64_t down = ratio > 0 ? ratio : static_cast<int64_t>(std::ceil(bin_height));
    const int64_t across = ratio > 0 ? ratio : static_cast<int64_t>(std::ceil(bin_width));
    const T count = static_cast<T>(std::max<int64_t>(1, down * across));
    const T* planes = x.data() + batches[static_cast<size_t>(r)] * channels * height * width;
    for (int64_t bin = 0; bin < rows * columns; ++bin) {
      samples.clear();
      for (int64_t i = 0; i < down * across; ++i) {
        const T in_y = (static_cast<T>(i / across) + T(0.5)) / static_cast<T>(down);
        const T in_x = (static_cast<T>(i % across) + T(0.5)) / static_cast<T>(across);
        samples.push_back(sample_at(top + (static_cast<T>(bin / columns) + in_y) * bin_height,
                                    left + (static_cast<T>(bin % columns) + in_x) * bin_width,
                                    height, width));
      }
      for (int64_t c = 0; c < channels; ++c) {
        const T* plane = planes + c * height * width;
        T result = 0;
        bool first = true;
        for (const Sample<T>& sample : samples) {
          for (size_t k = 0; k < 4; ++k) {
            const T value = sample.weight[k] * plane[sample.pixel[k]];
            if (!use_max) {
              result += value / count;
            } else if (std::exchange(first, false) || value > result) {
              result = value;
            }
          }
        }
        y[(r * channels + c) * rows * columns + bin] = result;
      }
    }
  }
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() { evaluate_as<T>(node); });
}

}  // namespace

extern const OpDef kRoiAlign = {
    .name = "RoiAlign",
    .summary = "Pools regions of interest to a fixed size with bilinear samples.",
    .inputs = {{"X", "float, [batch, channels, height, width]"},
               {"rois", "type of X, [regions, 4]: x1, y1, x2, y2"},
               {"batch_indices", "i64, [regions]: the image of each region"}},
    .outputs = {{"Y", "type of X, [regions, channels, output_height, output_width]"}},
    .attributes = {{"coordinate_transformation_mode", "half_pixel",
                    "half_pixel (boxes are shifted by half a pixel) or output_half_pixel"},
                   {"mode", "avg", "avg or max of the samples of a bin"},
                   {"output_height", 1, "rows of the result"},
                   {"output_width", 1, "columns of the result"},
                   {"sampling_ratio", 0, "samples of a bin along each axis; 0: as many as pixels"},
                   {"spatial_scale", 1.0F, "from the coordinates of boxes to those of X"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
