// Histograms of magnitudes: see the header.
#include "compiler/quant/histogram.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <iterator>

namespace ingot {
namespace {

constexpr size_t kBlock = 1024;
constexpr int32_t kMagnitudeBits = 0x7fffffff, kInfinityBits = 0x7f800000;
/// So small that it has no scale.
constexpr float kNothing = 1e-30F;

/// Magnitudes of floats are in the order of their bits; NaN and infinities are the largest.
int32_t largest_magnitude_bits(std::span<const float> values) {
  // In lanes, which compilers make vectors of.
  std::array<int32_t, 8> lanes{};
  const size_t whole = values.size() / lanes.size() * lanes.size();
  for (size_t i = 0; i < whole; i += lanes.size()) {
    for (size_t k = 0; k < lanes.size(); ++k) {
      const int32_t bits = std::bit_cast<int32_t>(values[i + k]) & kMagnitudeBits;
      lanes[k] = std::max(lanes[k], bits);
    }
  }
  int32_t largest = *std::max_element(lanes.begin(), lanes.end());
  for (const float x : values.subspan(whole)) {
    largest = std::max(largest, std::bit_cast<int32_t>(x) & kMagnitudeBits);
  }
  return largest;
}

}  // namespace

void Histogram::add(std::span<const float> values) {
  // Blocks stay in cache between the passes over them.
  for (size_t begin = 0; begin < values.size(); begin += kBlock) {
    const auto block = values.subspan(begin, std::min(kBlock, values.size() - begin));
    const int32_t largest = largest_magnitude_bits(block);
    if (largest < kInfinityBits) {
      add_finite(block, std::bit_cast<float>(largest));
    } else {
      add_some_finite(block);
    }
  }
}

void Histogram::add_some_finite(std::span<const float> values) {
  std::vector<float> finite;
  std::copy_if(values.begin(), values.end(), std::back_inserter(finite),
               [](float x) { return std::isfinite(x); });
  non_finite_ += values.size() - finite.size();
  add_finite(finite, std::bit_cast<float>(largest_magnitude_bits(finite)));
}

void Histogram::add_finite(std::span<const float> values, float largest) {
  count_ += values.size();
  if (largest < kNothing) {
    zeros_ += values.size();
    return;
  }
  grow(largest);
  // In two loops, so that the processor need not wait for one count to do the next sum.
  const auto to_bin = static_cast<float>(kBins / range_);
  std::array<int32_t, kBlock> bins;
  uint64_t zeros = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    bins[i] = std::min(static_cast<int32_t>(std::fabs(values[i]) * to_bin), kBins - 1);
    zeros += values[i] == 0 ? 1 : 0;
  }
  for (size_t i = 0; i < values.size(); ++i) ++bins_[static_cast<size_t>(bins[i])];
  bins_[0] -= zeros;
  zeros_ += zeros;
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
