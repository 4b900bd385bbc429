// One output against FP32: see the header.
#include "compiler/driver/output_comparison.h"

#include <algorithm>
#include <cmath>

#include "compiler/driver/output_tolerances.h"

namespace ingot {
namespace {

/// A channel may have so many times the tolerance.
constexpr double kChannelTolerance = 3;

double ratio(double error, double reference) {
  if (error == 0) return 0;
  return reference == 0 ? INFINITY : std::sqrt(error / reference);
}

}  // namespace

double excess(const OutputAccuracy& output) {
  if (!output.finite) return INFINITY;
  if (output.tolerance <= 0) return output.relative > 0 ? INFINITY : 0;
  return std::max(output.relative, output.worst_channel / kChannelTolerance) / output.tolerance;
}

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
  const int axis = channel_axis(shape);
  const int64_t channels = axis < 0 ? 0 : shape[axis];
  const auto total = std::ssize(reference);
  int64_t inner = 1;
  if (channels > 0) {
    channels_.resize(std::max(channels_.size(), static_cast<size_t>(channels)));
    for (int i = axis + 1; i < shape.rank(); ++i) inner *= shape[i];
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
      sums->sum += x;
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

double OutputComparison::varying(const Sums& channel) {
  // A channel that hardly varies is judged by its size after all.
  constexpr double kLeastShare = 0.01;
  const double mean = channel.sum / static_cast<double>(channel.count);
  const double squares = channel.reference - mean * channel.sum;
  return std::max(squares, kLeastShare * channel.reference);
}

std::vector<double> OutputComparison::channel_errors() const {
  // Slices of few numbers, or of numbers that are nothing beside the others, say nothing.
  constexpr int64_t kEnough = 16;
  constexpr double kNothing = 1e-4;
  std::vector<double> errors;
  for (const Sums& channel : channels_) {
    const bool says = channel.count >= kEnough && channel.largest >= kNothing * all_.largest;
    errors.push_back(says ? ratio(channel.error, varying(channel)) : 0);
  }
  return errors;
}

std::vector<double> OutputComparison::excesses(double tolerance) const {
  OutputAccuracy whole = result("", tolerance);
  whole.worst_channel = 0;
  std::vector<double> result = {ingot::excess(whole)};
  for (double error : channel_errors()) result.push_back(error / (kChannelTolerance * tolerance));
  return result;
}

OutputAccuracy OutputComparison::result(std::string name, double tolerance) const {
  constexpr int64_t kEnoughIntegers = 100;
  OutputAccuracy result;
  result.name = std::move(name);
  result.tolerance = tolerance;
  result.max_abs = max_abs_;
  result.range = all_.largest;
  result.finite = finite_;
  result.compared = compared_;
  if (all_.count > 0) result.mean_abs = sum_abs_ / static_cast<double>(all_.count);
  if (rows_ > 0) result.top1 = static_cast<double>(same_top_) / static_cast<double>(rows_);
  if (integers_ > 0) {
    const double equal = static_cast<double>(same_integers_) / static_cast<double>(integers_);
    result.relative = 1 - equal;
    if (integers_ < kEnoughIntegers) result.relative = 0;
    result.passed = result.relative <= tolerance;
    return result;
  }
  result.relative = ratio(all_.error, all_.reference);
  for (double error : channel_errors()) {
    result.worst_channel = std::max(result.worst_channel, error);
  }
  const double norms = std::sqrt(all_.reference * engine_squares_);
  result.cosine = norms > 0 ? dot_ / norms : (all_.error == 0 ? 1 : 0);
  result.passed = ingot::excess(result) <= 1;
  return result;
}

}  // namespace ingot
