// One output against FP32: see the header.
#include "compiler/driver/output_comparison.h"

#include <algorithm>
#include <cmath>

namespace ingot {
namespace {

constexpr int64_t kMostChannels = 1024;

/// Axis 1 holds channels that may be of very different size: boxes and scores of a detector.
int64_t channels_of(const Shape& shape) {
  return shape.rank() >= 3 && shape[1] <= kMostChannels ? shape[1] : 0;
}

double ratio(double error, double reference) {
  if (error == 0) return 0;
  return reference == 0 ? INFINITY : std::sqrt(error / reference);
}

}  // namespace

void OutputComparison::add(const Tensor& reference, const Tensor& engine) {
  if (!(reference.shape() == engine.shape()) || reference.dtype() != engine.dtype()) {
    compared_ = false;
    return;
  }
  if (is_integer(reference.dtype()) || reference.dtype() == DType::kBool) {
    add_integers(reference, engine);
    return;
  }
  const std::vector<float> expected = reference.to_floats(), found = engine.to_floats();
  add_floats(expected, found, reference.shape());
  count_rows(expected, found, reference.shape());
}

void OutputComparison::add_integers(const Tensor& reference, const Tensor& engine) {
  const std::vector<int64_t> expected = reference.to_integers(), found = engine.to_integers();
  integers_ += std::ssize(expected);
  for (size_t i = 0; i < expected.size(); ++i) {
    const double difference = std::abs(static_cast<double>(expected[i] - found[i]));
    if (difference == 0) ++same_integers_;
    max_abs_ = std::max(max_abs_, difference);
    all_.largest = std::max(all_.largest, std::abs(static_cast<double>(expected[i])));
  }
}

void OutputComparison::add_floats(const std::vector<float>& reference,
                                  const std::vector<float>& engine, const Shape& shape) {
  const int64_t channels = channels_of(shape);
  const auto total = std::ssize(reference);
  int64_t inner = 1;
  if (channels > 0) {
    channels_.resize(std::max(channels_.size(), static_cast<size_t>(channels)));
    for (int axis = 2; axis < shape.rank(); ++axis) inner *= shape[axis];
  }
  for (int64_t i = 0; i < total; ++i) {
    const double x = reference[static_cast<size_t>(i)], y = engine[static_cast<size_t>(i)];
    // The model's own infinities and NaN are no fault of the engine.
    if (!std::isfinite(x)) continue;
    if (!std::isfinite(y)) {
      finite_ = false;
      continue;
    }
    const double error = y - x;
    max_abs_ = std::max(max_abs_, std::abs(error));
    sum_abs_ += std::abs(error);
    dot_ += x * y;
    engine_squares_ += y * y;
    const auto take = [&](Sums* sums) {
      sums->error += error * error;
      sums->reference += x * x;
      sums->largest = std::max(sums->largest, std::abs(x));
      ++sums->count;
    };
    take(&all_);
    if (channels > 0) take(&channels_[static_cast<size_t>(i / inner % channels)]);
  }
}

void OutputComparison::count_rows(const std::vector<float>& reference,
                                  const std::vector<float>& engine, const Shape& shape) {
  if (shape.rank() != 2 || shape[1] < 2) return;
  const auto columns = static_cast<ptrdiff_t>(shape[1]);
  for (int64_t row = 0; row < shape[0]; ++row) {
    const auto top = [&](const std::vector<float>& values) {
      const auto begin = values.begin() + static_cast<ptrdiff_t>(row) * columns;
      return std::max_element(begin, begin + columns) - begin;
    };
    ++rows_;
    if (top(reference) == top(engine)) ++same_top_;
  }
}

double OutputComparison::worst_channel() const {
  // Slices of few numbers, or of numbers that are nothing beside the others, say nothing.
  constexpr int64_t kEnough = 16;
  constexpr double kNothing = 1e-4;
  double worst = 0;
  for (const Sums& channel : channels_) {
    if (channel.count < kEnough || channel.largest < kNothing * all_.largest) continue;
    worst = std::max(worst, ratio(channel.error, channel.reference));
  }
  return worst;
}

OutputAccuracy OutputComparison::result(std::string name, double tolerance) const {
  constexpr double kChannelTolerance = 3;
  constexpr int64_t kEnoughIntegers = 100;
  OutputAccuracy result;
  result.name = std::move(name);
  result.max_abs = max_abs_;
  result.range = all_.largest;
  result.finite = finite_;
  result.compared = compared_;
  if (all_.count > 0) result.mean_abs = sum_abs_ / static_cast<double>(all_.count);
  if (rows_ > 0) result.top1 = static_cast<double>(same_top_) / static_cast<double>(rows_);
  if (integers_ > 0) {
    const double equal = static_cast<double>(same_integers_) / static_cast<double>(integers_);
    result.relative = 1 - equal;
    result.passed = integers_ < kEnoughIntegers || result.relative <= tolerance;
    return result;
  }
  result.relative = ratio(all_.error, all_.reference);
  result.worst_channel = worst_channel();
  const double norms = std::sqrt(all_.reference * engine_squares_);
  result.cosine = norms > 0 ? dot_ / norms : (all_.error == 0 ? 1 : 0);
  result.passed = finite_ && result.relative <= tolerance &&
                  result.worst_channel <= kChannelTolerance * tolerance;
  return result;
}

}  // namespace ingot
