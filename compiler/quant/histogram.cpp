// Histograms of magnitudes: see the header.
#include "compiler/quant/histogram.h"

#include <algorithm>
#include <cmath>

namespace ingot {

void Histogram::add(std::span<const float> values) {
  float largest = 0;
  for (const float x : values) {
    if (!std::isfinite(x)) {
      ++non_finite_;
      continue;
    }
    min_ = count_ == 0 ? x : std::min(min_, x);
    max_ = count_ == 0 ? x : std::max(max_, x);
    ++count_;
    largest = std::max(largest, std::fabs(x));
  }
  if (largest > 0) grow(largest);
  if (bins_.empty()) {
    zeros_ = count_;
    return;
  }
  const double to_bin = kBins / range_;
  for (const float x : values) {
    if (!std::isfinite(x)) continue;
    if (x == 0) {
      ++zeros_;
      continue;
    }
    const auto bin = static_cast<size_t>(std::fabs(static_cast<double>(x)) * to_bin);
    ++bins_[std::min<size_t>(bin, kBins - 1)];
  }
}

void Histogram::grow(float magnitude) {
  max_magnitude_ = std::max(max_magnitude_, magnitude);
  if (bins_.empty()) {
    bins_.assign(kBins, 0);
    range_ = magnitude;
    return;
  }
  while (static_cast<double>(magnitude) > range_) {
    for (size_t i = 0; i < kBins / 2; ++i) bins_[i] = bins_[2 * i] + bins_[2 * i + 1];
    std::fill(bins_.begin() + kBins / 2, bins_.end(), 0);
    range_ *= 2;
  }
}

std::vector<double> Histogram::resampled(int bins) const {
  std::vector<double> result(static_cast<size_t>(bins), 0.0);
  if (bins_.empty()) return result;
  const double scale = bin_width() * bins / static_cast<double>(max_magnitude_);
  for (size_t i = 0; i < bins_.size(); ++i) {
    if (bins_[i] == 0) continue;
    const double begin = static_cast<double>(i) * scale;
    const double end = std::min(static_cast<double>(i + 1) * scale, static_cast<double>(bins));
    const auto first = std::min(static_cast<size_t>(begin), result.size() - 1);
    const auto last = std::min(static_cast<size_t>(end), result.size() - 1);
    const double width = end - begin;
    if (first == last || width <= 0) {
      result[first] += static_cast<double>(bins_[i]);
      continue;
    }
    for (size_t bin = first; bin <= last; ++bin) {
      const double part =
          std::min(end, static_cast<double>(bin + 1)) - std::max(begin, static_cast<double>(bin));
      result[bin] += static_cast<double>(bins_[i]) * part / width;
    }
  }
  return result;
}

}  // namespace ingot
