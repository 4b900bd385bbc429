// What the normalisations share: mean and variance of a run of elements, and the affine step.
#pragma once

#include <cmath>

#include "ops/broadcast_iteration.h"
#include "ops/float_tensor.h"

namespace ingot {

/// Mean and 1 / standard deviation of `count` elements side by side (two passes, in double).
template <typename T>
struct Moments {
  T mean, inverse_deviation;
  static Moments of(const T* x, int64_t count, double epsilon) {
    double sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += static_cast<double>(x[i]);
    const double mean = sum / static_cast<double>(count);
    double squares = 0;
    for (int64_t i = 0; i < count; ++i) {
      const double distance = static_cast<double>(x[i]) - mean;
      squares += distance * distance;
    }
    const double variance = squares / static_cast<double>(count);
    return {static_cast<T>(mean), static_cast<T>(1.0 / std::sqrt(variance + epsilon))};
  }
};

/// y = y * scale + bias with scale and bias (may be absent) broadcast to `shape`.
template <typename T>
void scale_and_shift(const Shape& shape, T* y, const TensorView& scale, const TensorView& bias) {
  const Elements<T> factors(scale), terms(bias);
  const Shape bias_shape = bias.dtype == DType::kUndefined ? Shape{} : bias.shape;
  for (BroadcastRows row(shape, {scale.shape, bias_shape}); row.more(); row.next()) {
    for (int64_t i = 0; i < row.length(); ++i) {
      T& value = y[row.out() + i];
      value *= factors[row.offset(0) + i * row.step(0)];
      if (terms.data()) value += terms[row.offset(1) + i * row.step(1)];
    }
  }
}

/// Fails unless the optional input i has one element for each channel of input 0.
void require_per_channel(const InferContext& node, int i);

/// The attribute epsilon with this default.
OpAttribute epsilon_attribute(float fallback = 1e-5F);

}  // namespace ingot
