// Coordinates, kernels and taps of Resize along one axis.
#include "ops/resize_axis.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ingot {
namespace {

double linear_kernel(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

double cubic_kernel(double x, double a) {
  x = std::abs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}

int64_t nearest_index(const std::string& mode, double x) {
  const double floor = std::floor(x);
  const double rest = x - floor;
  const bool up = rest > 0 && (mode == "ceil" || (mode == "round_prefer_floor" && rest > 0.5) ||
                               (mode == "round_prefer_ceil" && rest >= 0.5));
  return static_cast<int64_t>(floor) + (up ? 1 : 0);
}

}  // namespace

Fraction Fraction::of(float value) {
  constexpr int64_t kMaxDenominator = 4096;
  // Convergents of the continued fraction.
  double rest = value;
  int64_t n0 = 1, d0 = 0;
  auto n1 = static_cast<int64_t>(std::floor(rest));
  int64_t d1 = 1;
  while (d1 <= kMaxDenominator) {
    if (n1 > 0 && static_cast<float>(static_cast<double>(n1) / static_cast<double>(d1)) == value) {
      return {n1, d1};
    }
    const double fraction = rest - std::floor(rest);
    if (fraction < 1e-12) break;
    rest = 1 / fraction;
    const auto term = static_cast<int64_t>(std::floor(rest));
    if (term > kMaxDenominator) break;
    n0 = std::exchange(n1, term * n1 + n0);
    d0 = std::exchange(d1, term * d1 + d0);
  }
  // No simple fraction: the float itself, which is one over a power of two.
  int exponent = 0;
  auto numerator = static_cast<int64_t>(std::ldexp(std::frexp(value, &exponent), 24));
  int shift = 24 - exponent;
  while (shift > 0 && numerator % 2 == 0) {
    numerator /= 2;
    --shift;
  }
  if (shift <= 0) return {numerator << std::min(-shift, 30), 1};
  return {numerator, int64_t{1} << std::min(shift, 40)};
}

ResizeOptions::ResizeOptions(const NodeAttributes& node)
    : mode(node.text("mode")),
      coordinates(node.text("coordinate_transformation_mode")),
      nearest_mode(node.text("nearest_mode")),
      cubic_a(node.number("cubic_coeff_a")),
      exclude_outside(node.integer("exclude_outside") != 0),
      antialias(node.integer("antialias") != 0) {}

double ResizeAxis::coordinate(const ResizeOptions& options, int64_t y) const {
  const auto at = static_cast<double>(y);
  const auto length = static_cast<double>(input);
  const auto numerator = static_cast<double>(scale.numerator);
  const auto denominator = static_cast<double>(scale.denominator);
  const double resized = length * numerator / denominator;  // not rounded, as in the specification
  const auto unscaled = [&](double x) { return x * denominator / numerator; };

  if (options.coordinates == "align_corners") {
    return resized == 1 ? 0 : at * (length - 1) / (resized - 1);
  }
  if (options.coordinates == "asymmetric") return unscaled(at);
  if (options.coordinates == "tf_half_pixel_for_nn") return unscaled(at + 0.5);
  if (options.coordinates == "tf_crop_and_resize") {
    const double span = (crop_end - crop_begin) * (length - 1);
    const double within = output == 1 ? span / 2 : at * span / static_cast<double>(output - 1);
    return crop_begin * (length - 1) + within;
  }
  if (options.coordinates == "pytorch_half_pixel" && output == 1) return -0.5;
  double offset = 0;
  if (options.coordinates == "half_pixel_symmetric") {
    offset = length / 2 * (1 - static_cast<double>(output) / resized);
  }
  return offset + unscaled(at + 0.5) - 0.5;
}

ResizeSamples::ResizeSamples(const ResizeOptions& options, const ResizeAxis& axis) {
  const bool cubic = options.mode == "cubic";
  const bool nearest = options.mode == "nearest";
  // Antialiasing widens the kernel where the axis shrinks.
  const double narrow = options.antialias ? std::min(1.0, axis.scale.value()) : 1.0;
  const int64_t first =
      nearest ? 0 : static_cast<int64_t>(std::floor((cubic ? -2 : -1) / narrow)) + 1;
  taps = nearest ? 1 : 2 - 2 * first;

  for (int64_t y = 0; y < axis.output; ++y) {
    const double x = axis.coordinate(options, y);
    outside.push_back(options.coordinates == "tf_crop_and_resize" &&
                      (x < 0 || x > static_cast<double>(axis.input - 1)));
    const int64_t floor =
        nearest ? nearest_index(options.nearest_mode, x) : static_cast<int64_t>(std::floor(x));
    double sum = 0;
    for (int64_t t = 0; t < taps; ++t) {
      const int64_t index = floor + first + t;
      const double distance = (static_cast<double>(index) - x) * narrow;
      double weight = nearest ? 1
                      : cubic ? cubic_kernel(distance, options.cubic_a)
                              : linear_kernel(distance);
      if (!nearest && options.exclude_outside && (index < 0 || index >= axis.input)) weight = 0;
      sum += weight;
      indices.push_back(std::clamp<int64_t>(index, 0, axis.input - 1));
      weights.push_back(weight);
    }
    if (!nearest && (options.antialias || options.exclude_outside) && sum != 0) {
      for (auto weight = weights.end() - taps; weight != weights.end(); ++weight) *weight /= sum;
    }
  }
}

}  // namespace ingot
