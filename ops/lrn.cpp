// LRN: local response normalisation, which damps an element by its neighbours in other channels.
#include <algorithm>
#include <cmath>

#include "ops/float_tensor.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_same_float(node);
  node.require_rank(0, 2);
  if (node.integer("size") < 1) node.fail("op.bad_attribute", "size is below 1", "correct it");
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() {
    const Elements<T> x(node.input(0));
    ElementsToStore<T> y(node.output(0));
    const AxisSplit split = AxisSplit::at(node.input(0).shape, 1);
    const int64_t size = node.integer("size");
    const T alpha = node.number("alpha") / static_cast<T>(size);
    const T beta = node.number("beta"), bias = node.number("bias");
    for (int64_t i = 0; i < node.input(0).elements(); ++i) {
      const int64_t channel = i / split.inner % split.length;
      const int64_t first = std::max<int64_t>(0, channel - (size - 1) / 2);
      const int64_t last = std::min(split.length - 1, channel + size / 2);
      T squares = 0;
      for (int64_t c = first; c <= last; ++c) {
        const T value = x[i + (c - channel) * split.inner];
        squares += value * value;
      }
      y[i] = x[i] / std::pow(bias + alpha * squares, beta);
    }
  });
}

}  // namespace

extern const OpDef kLRN = {
    .name = "LRN",
    .summary = "Divides each element by a power of the squares around it in nearby channels.",
    .inputs = {{"X", "float, [batch, channels, ...]"}},
    .outputs = {{"Y", "type and shape of X"}},
    .attributes = {{"alpha", 1e-4F, "factor of the sum of squares"},
                   {"beta", 0.75F, "exponent"},
                   {"bias", 1.0F, "added to the sum of squares"},
                   {"size", 1, "number of channels to sum over", true}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
