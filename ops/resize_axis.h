// How Resize samples one axis: which input elements each output element is made of, with weights.
// Resizing is separable, so that one axis at a time is enough.
#pragma once

#include <string>
#include <vector>

#include "ops/infer.h"

namespace ingot {

/// A scale as a fraction: what the float 1.3333334 meant (4/3) gives exact sizes and coordinates.
struct Fraction {
  int64_t numerator = 1, denominator = 1;
  /// The simplest fraction that rounds to `value` as float; `value` must be above 0 and finite.
  static Fraction of(float value);
  double value() const { return static_cast<double>(numerator) / static_cast<double>(denominator); }
  Dim scaled(const Dim& dim) const {
    return Dim::floor_div(dim * Dim(numerator), Dim(denominator));
  }
};

/// The attributes of Resize that decide about sampling.
struct ResizeOptions {
  std::string mode, coordinates, nearest_mode;
  double cubic_a = -0.75;
  bool exclude_outside = false, antialias = false;

  explicit ResizeOptions(const NodeAttributes& node);
};

/// One axis to resize. `crop_begin` and `crop_end` matter to tf_crop_and_resize alone.
struct ResizeAxis {
  int axis = 0;
  int64_t input = 1, output = 1;
  Fraction scale = {};
  double crop_begin = 0, crop_end = 1;

  /// Position of output element y among the input elements.
  double coordinate(const ResizeOptions& options, int64_t y) const;
};

/// Output element y is the sum of weights[y * taps + t] * input[indices[y * taps + t]]. For mode
/// nearest there is one tap of weight 1. `outside[y]` marks elements beyond the crop, which get the
/// extrapolation value (tf_crop_and_resize only).
struct ResizeSamples {
  int64_t taps = 1;
  std::vector<int64_t> indices;
  std::vector<double> weights;
  std::vector<bool> outside;

  ResizeSamples(const ResizeOptions& options, const ResizeAxis& axis);
};

}  // namespace ingot
