// LpPool: the p-norm of the elements under a sliding window.
#include <cmath>

#include "ops/pooling.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_float(node, 0);
  infer_pool(node, 0, node.input(0).dtype);
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() {
    const Window window = pool_window(node);
    const Elements<T> x(node.input(0));
    ElementsToStore<T> y(node.output(0));
    const T p = static_cast<T>(node.integer("p"));
    const int64_t planes = node.input(0).shape[0] * node.input(0).shape[1];
    const int64_t positions = window.position_count();
    for (int64_t i = 0; i < planes * positions; ++i) {
      const T* pixels = x.data() + i / positions * window.image_elements();
      T sum = 0;
      for_each_pixel(window, i % positions,
                     [&](int64_t pixel) { sum += std::pow(std::abs(pixels[pixel]), p); });
      y[i] = std::pow(sum, T{1} / p);
    }
  });
}

}  // namespace

extern const OpDef kLpPool = {
    .name = "LpPool",
    .summary = "Takes the p-norm of the elements under a sliding window.",
    .inputs = {{"X", "float, [batch, channels, spatial...], 1 to 3 spatial axes"}},
    .outputs = {{"Y", "type of X, [batch, channels, spatial...]"}},
    .attributes = pool_attributes({{"p", 2, "exponent of the norm"}}),
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
