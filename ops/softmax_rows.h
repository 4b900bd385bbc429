// The numerically safe core of Softmax and LogSoftmax, over rows of any stride.
#pragma once

#include <algorithm>
#include <cmath>

#include "ops/float_tensor.h"

namespace ingot {

/// y = softmax(x), or its logarithm, of `length` elements that are `stride` apart. In place works.
template <typename T>
void softmax_row(const T* x, T* y, int64_t length, int64_t stride, bool logarithm) {
  if (length == 0) return;
  T peak = x[0];
  for (int64_t i = 1; i < length; ++i) peak = std::max(peak, x[i * stride]);
  T sum = 0;
  for (int64_t i = 0; i < length; ++i) {
    const T shifted = x[i * stride] - peak;
    const T power = std::exp(shifted);
    sum += power;
    y[i * stride] = logarithm ? shifted : power;
  }
  const T log_sum = std::log(sum);
  for (int64_t i = 0; i < length; ++i) {
    y[i * stride] = logarithm ? y[i * stride] - log_sum : y[i * stride] / sum;
  }
}

/// Evaluates a Softmax-like node along its attribute `axis`.
template <typename T>
void evaluate_softmax(const Reference& node, bool logarithm) {
  const Shape& shape = node.input(0).shape;
  const AxisSplit split = AxisSplit::at(shape, node.axis("axis", shape.rank()));
  const Elements<T> x(node.input(0));
  ElementsToStore<T> y(node.output(0));
  for (int64_t i = 0; i < split.outer * split.inner; ++i) {
    const int64_t base = i / split.inner * split.length * split.inner + i % split.inner;
    softmax_row(x.data() + base, y.data() + base, split.length, split.inner, logarithm);
  }
}

}  // namespace ingot
