// Calibrators: see the header.
#include "compiler/quant/thresholds.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace ingot {
namespace {

constexpr int kEntropyBins = 2048, kLevels = 128, kSteps = 127;

/// Sums of a distribution from its start, so that any slice is summed at once.
class Slices {
 public:
  explicit Slices(const std::vector<double>& bins)
      : mass_(bins.size() + 1), filled_(bins.size() + 1), negative_entropy_(bins.size() + 1) {
    for (size_t i = 0; i < bins.size(); ++i) {
      const double p = bins[i];
      mass_[i + 1] = mass_[i] + p;
      filled_[i + 1] = filled_[i] + (p > 0 ? 1 : 0);
      negative_entropy_[i + 1] = negative_entropy_[i] + (p > 0 ? p * std::log(p) : 0);
    }
  }
  double mass(size_t begin, size_t end) const { return mass_[end] - mass_[begin]; }
  int filled(size_t begin, size_t end) const { return filled_[end] - filled_[begin]; }
  /// Sum of p * log(p).
  double negative_entropy(size_t begin, size_t end) const {
    return negative_entropy_[end] - negative_entropy_[begin];
  }

 private:
  std::vector<double> mass_;
  std::vector<int> filled_;
  std::vector<double> negative_entropy_;
};

/// KL(P || Q) for a cut after `cut` bins. P: these bins, what lies above them added to the last. Q:
/// the bins without that, each of the 128 levels spread evenly over its bins that are not empty.
/// Within a level all q are equal, so that the sum needs one logarithm a level.
double divergence(const std::vector<double>& bins, const Slices& slices, size_t cut) {
  const double above = slices.mass(cut, bins.size());
  const double total = slices.mass(0, bins.size()), kept = slices.mass(0, cut);
  if (kept <= 0) return std::numeric_limits<double>::infinity();
  const double last = bins[cut - 1];
  if (above > 0 && last <= 0) return std::numeric_limits<double>::infinity();
  const auto x_log_x = [](double x) { return x > 0 ? x * std::log(x) : 0; };
  double sum = slices.negative_entropy(0, cut) - x_log_x(last) + x_log_x(last + above);
  for (size_t level = 0; level < kLevels; ++level) {
    const size_t begin = level * cut / kLevels, end = (level + 1) * cut / kLevels;
    const double mass = slices.mass(begin, end);
    if (mass <= 0) continue;
    const double p = mass + (end == cut ? above : 0);
    sum -= p * std::log(mass / slices.filled(begin, end));
  }
  // P and Q are normalised: KL = sum / total - log(total) + log(kept).
  return sum / total - std::log(total) + std::log(kept);
}

}  // namespace

double minmax_threshold(const Histogram& histogram) { return histogram.max_magnitude(); }

double entropy_threshold(const Histogram& histogram) {
  if (histogram.bins().empty()) return 0;
  const std::vector<double> bins = histogram.resampled(kEntropyBins);
  const Slices slices(bins);
  double least = std::numeric_limits<double>::infinity();
  size_t best = kEntropyBins;
  for (size_t cut = kLevels; cut <= kEntropyBins; ++cut) {
    const double loss = divergence(bins, slices, cut);
    // Of equal ones the last: nothing is cut off in vain.
    if (loss > least) continue;
    least = loss;
    best = cut;
  }
  const double width = static_cast<double>(histogram.max_magnitude()) / kEntropyBins;
  return std::min((static_cast<double>(best) + 0.5) * width, minmax_threshold(histogram));
}

double percentile_threshold(const Histogram& histogram, double percent) {
  if (histogram.bins().empty()) return 0;
  const double wanted = static_cast<double>(histogram.count()) * percent / 100;
  auto below = static_cast<double>(histogram.zeros());
  double threshold = histogram.max_magnitude();
  for (size_t i = 0; i < histogram.bins().size(); ++i) {
    below += static_cast<double>(histogram.bins()[i]);
    if (below < wanted) continue;
    threshold = static_cast<double>(i + 1) * histogram.bin_width();
    break;
  }
  return std::min(threshold, minmax_threshold(histogram));
}

double mse_threshold(const Histogram& histogram) {
  if (histogram.bins().empty()) return 0;
  // Finer cuts change the error by less than a percent.
  constexpr int kCuts = 160;
  const double largest = histogram.max_magnitude(), width = histogram.bin_width();
  double least = std::numeric_limits<double>::infinity(), best = largest;
  for (int cut = kCuts; cut > kCuts / 20; --cut) {
    const double threshold = largest * cut / kCuts, scale = threshold / kSteps;
    double error = 0;
    for (size_t i = 0; i < histogram.bins().size(); ++i) {
      if (histogram.bins()[i] == 0) continue;
      const double x = std::min((static_cast<double>(i) + 0.5) * width, largest);
      const double rounded = std::min(std::nearbyint(x / scale), static_cast<double>(kSteps));
      const double difference = x - rounded * scale;
      error += static_cast<double>(histogram.bins()[i]) * difference * difference;
    }
    if (error >= least) continue;
    least = error;
    best = threshold;
  }
  return best;
}

}  // namespace ingot
