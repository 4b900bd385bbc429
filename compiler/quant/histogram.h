// How the magnitudes of a tensor are distributed, collected value by value in fixed memory.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ingot {

/// A histogram of |x| over [0, range). The range begins at the largest magnitude of the first values
/// that are not all zero, and doubles when a larger one comes: two bins become one. Zeros are
/// counted apart, as every scale has them exactly; so is what is too small for any scale.
class Histogram {
 public:
  static constexpr int kBins = 8192;

  void add(std::span<const float> values);

  const std::vector<uint64_t>& bins() const { return bins_; }  ///< empty if nothing but zeros came
  double bin_width() const { return range_ / kBins; }
  float max_magnitude() const { return max_magnitude_; }  ///< exact; 0 if nothing came
  uint64_t zeros() const { return zeros_; }
  uint64_t count() const { return count_; }            ///< of finite values, zeros included
  uint64_t non_finite() const { return non_finite_; }  ///< NaN and infinities: counted, not used

  /// The values up to max_magnitude in so many bins of equal width. Values on a border between two
  /// bins are shared.
  std::vector<double> resampled(int bins) const;

 private:
  /// @param largest  of their magnitudes
  void add_finite(std::span<const float> values, float largest);
  void add_some_finite(std::span<const float> values);
  void grow(float magnitude);

  std::vector<uint64_t> bins_;
  double range_ = 0;
  float max_magnitude_ = 0;
  uint64_t zeros_ = 0, count_ = 0, non_finite_ = 0;
};

}  // namespace ingot
