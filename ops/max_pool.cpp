// MaxPool: the greatest element under a sliding window, and where it was.
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "ops/pooling.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  const DType dtype = node.input(0).dtype;
  if (!is_float(dtype) && dtype != DType::kI8 && dtype != DType::kU8) {
    node.fail("op.bad_type", fmt::format("type {} cannot be pooled", dtype_name(dtype)),
              "cast the input to f32, i8 or u8");
  }
  infer_pool(node, 0, dtype);
  if (node.output_count() > 1) infer_pool(node, 1, DType::kI64);
}

/// Where a pixel is in the whole tensor, with the last spatial axis slowest if `column_major`.
int64_t flat_index(const Window& w, int64_t plane, int64_t pixel, bool column_major) {
  if (!column_major) return plane * w.image_elements() + pixel;
  const int64_t x = pixel % w.image[2];
  const int64_t y = pixel / w.image[2] % w.image[1];
  const int64_t z = pixel / w.image[2] / w.image[1];
  return plane * w.image_elements() + (x * w.image[1] + y) * w.image[0] + z;
}

template <typename T>
void evaluate_as(const Reference& node) {
  const Window window = pool_window(node);
  const Elements<T> x(node.input(0));
  ElementsToStore<T> y(node.output(0));
  int64_t* indices = node.has_output(1) ? node.output(1).as<int64_t>().data() : nullptr;
  const bool column_major = node.integer("storage_order") == 1;
  const int64_t planes = node.input(0).shape[0] * node.input(0).shape[1];
  const int64_t positions = window.position_count();
  for (int64_t plane = 0; plane < planes; ++plane) {
    const T* pixels = x.data() + plane * window.image_elements();
    for (int64_t i = 0; i < positions; ++i) {
      // NaN is greater than anything, so that it is not lost.
      T peak = is_float(node.input(0).dtype) ? -std::numeric_limits<T>::infinity()
                                             : std::numeric_limits<T>::lowest();
      int64_t where = -1;
      for_each_pixel(window, i, [&](int64_t pixel) {
        const T value = pixels[pixel];
        if (where < 0 || value > peak || (std::isnan(value) && !std::isnan(peak))) {
          peak = value;
          where = pixel;
        }
      });
      y[plane * positions + i] = peak;
      if (indices) {
        indices[plane * positions + i] =
            flat_index(window, plane, std::max<int64_t>(where, 0), column_major);
      }
    }
  }
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() { evaluate_as<T>(node); });
}

}  // namespace

extern const OpDef kMaxPool = {
    .name = "MaxPool",
    .summary = "Takes the greatest element under a sliding window; padding is never chosen.",
    .inputs = {{"X", "float, i8 or u8, [batch, channels, spatial...], 1 to 3 spatial axes"}},
    .outputs = {{"Y", "type of X, [batch, channels, spatial...]"},
                {"Indices", "i64, shape of Y: position of each element in X, seen as one axis",
                 OpPort::kOptional}},
    .attributes = pool_attributes({{"storage_order", 0,
                                    "how Indices count: 0 along the last axis first, 1 along the "
                                    "first spatial axis first"}}),
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.commutes_with_quantize = true},
};

}  // namespace ingot
