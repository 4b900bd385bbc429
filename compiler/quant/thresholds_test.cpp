// Histograms and calibrators on distributions whose answers are known.
#include "compiler/quant/thresholds.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace ingot {
namespace {

std::vector<float> normal(int count, float deviation, unsigned seed = 1) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> distribution(0, deviation);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& x : values) x = distribution(generator);
  return values;
}

std::vector<float> uniform(int count, float bound) {
  std::mt19937 generator(1);
  std::uniform_real_distribution<float> distribution(-bound, bound);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& x : values) x = distribution(generator);
  return values;
}

Histogram histogram_of(const std::vector<float>& values) {
  Histogram histogram;
  histogram.add(values);
  return histogram;
}

uint64_t sum_of_bins(const Histogram& histogram) {
  return std::accumulate(histogram.bins().begin(), histogram.bins().end(), uint64_t{0});
}

TEST(Histogram, CountsEveryValueOnce) {
  Histogram histogram;
  const std::vector<float> values = {0, -1, 2, 0.5F, 2, -0.0F};
  histogram.add(values);
  EXPECT_EQ(histogram.count(), 6U);
  EXPECT_EQ(histogram.zeros(), 2U);
  EXPECT_EQ(sum_of_bins(histogram), 4U);
  EXPECT_EQ(histogram.max_magnitude(), 2);
}

TEST(Histogram, GrowsByDoublingAndKeepsWhatItHas) {
  Histogram histogram;
  histogram.add(uniform(1000, 1));
  histogram.add(std::vector<float>{100});
  EXPECT_EQ(histogram.bins().size(), static_cast<size_t>(Histogram::kBins));
  EXPECT_EQ(sum_of_bins(histogram), 1001U);
  EXPECT_EQ(histogram.max_magnitude(), 100);
  EXPECT_GE(histogram.bin_width() * Histogram::kBins, 100);
  EXPECT_LT(histogram.bin_width() * Histogram::kBins, 200);
}

TEST(Histogram, IsTheSameInWhateverPortionsTheValuesCome) {
  const std::vector<float> values = normal(10000, 1);
  Histogram whole, parts;
  whole.add(std::vector<float>{values.front()});
  whole.add(std::span(values).subspan(1));
  for (size_t i = 0; i < values.size(); ++i) parts.add(std::span(values).subspan(i, 1));
  EXPECT_EQ(whole.bins(), parts.bins());
  EXPECT_EQ(whole.bin_width(), parts.bin_width());
}

TEST(Histogram, CountsManyValuesAsItCountsFew) {
  std::vector<float> values = normal(5000, 2);
  values[7] = values[3000] = 0;
  values[4000] = std::numeric_limits<float>::infinity();
  Histogram histogram;
  histogram.add(values);
  std::vector<uint64_t> expected(static_cast<size_t>(Histogram::kBins));
  float largest = 0;
  for (const float x : values) {
    if (x == 0 || !std::isfinite(x)) continue;
    ++expected[static_cast<size_t>(std::abs(x) / histogram.bin_width())];
    largest = std::max(largest, std::abs(x));
  }
  // A value on the border of two bins may be in either.
  uint64_t elsewhere = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    elsewhere += expected[i] > histogram.bins()[i] ? expected[i] - histogram.bins()[i] : 0;
  }
  EXPECT_LE(elsewhere, 3U);
  EXPECT_EQ(sum_of_bins(histogram), 4997U);
  EXPECT_EQ(histogram.zeros(), 2U);
  EXPECT_EQ(histogram.non_finite(), 1U);
  EXPECT_EQ(histogram.max_magnitude(), largest);
}

TEST(Histogram, LeavesOutWhatIsNotFinite) {
  Histogram histogram;
  histogram.add(std::vector<float>{1, std::numeric_limits<float>::quiet_NaN(),
                                   -std::numeric_limits<float>::infinity()});
  EXPECT_EQ(histogram.non_finite(), 2U);
  EXPECT_EQ(histogram.count(), 1U);
  EXPECT_EQ(histogram.max_magnitude(), 1);
}

TEST(Histogram, TakesTheLargestAndTheSmallestFloats) {
  Histogram histogram;
  histogram.add(std::vector<float>{1e-45F});
  histogram.add(std::vector<float>{1e-29F});
  histogram.add(std::vector<float>{3.4e38F});
  EXPECT_EQ(histogram.zeros(), 1U) << "too small for a scale";
  EXPECT_EQ(sum_of_bins(histogram), 2U);
  EXPECT_EQ(minmax_threshold(histogram), 3.4e38F);
}

TEST(Histogram, OfZerosHasNoThreshold) {
  const Histogram histogram = histogram_of({0, 0, 0});
  EXPECT_EQ(histogram.zeros(), 3U);
  EXPECT_EQ(minmax_threshold(histogram), 0);
  EXPECT_EQ(entropy_threshold(histogram), 0);
  EXPECT_EQ(percentile_threshold(histogram, 99.99), 0);
  EXPECT_EQ(mse_threshold(histogram), 0);
}

TEST(Histogram, KeepsTheWholeWhenItIsResampled) {
  Histogram histogram = histogram_of(uniform(5000, 1));
  histogram.add(std::vector<float>{1.3F});
  const std::vector<double> bins = histogram.resampled(2048);
  EXPECT_NEAR(std::accumulate(bins.begin(), bins.end(), 0.0), 5001, 1e-6);
  EXPECT_GT(bins.back(), 0);
}

TEST(Thresholds, MinMaxIsTheLargestMagnitude) {
  EXPECT_EQ(minmax_threshold(histogram_of({-3, 1, 2})), 3);
}

TEST(Thresholds, PercentileOfAUniformDistributionIsItsShare) {
  const Histogram histogram = histogram_of(uniform(200000, 10));
  EXPECT_NEAR(percentile_threshold(histogram, 90), 9, 0.05);
  EXPECT_NEAR(percentile_threshold(histogram, 99.9), 9.99, 0.01);
  EXPECT_EQ(percentile_threshold(histogram, 100), histogram.max_magnitude());
}

TEST(Thresholds, PercentileCountsZeros) {
  std::vector<float> values(900, 0.0F);
  const std::vector<float> others = uniform(100, 1);
  values.insert(values.end(), others.begin(), others.end());
  EXPECT_LT(percentile_threshold(histogram_of(values), 95), 0.7);
}

TEST(Thresholds, EntropyKeepsAUniformDistributionWhole) {
  EXPECT_GT(entropy_threshold(histogram_of(uniform(200000, 10))), 9.7);
}

TEST(Thresholds, EntropyCutsOffAnOutlier) {
  std::vector<float> values = normal(200000, 1);
  values.push_back(40);
  const double threshold = entropy_threshold(histogram_of(values));
  EXPECT_GT(threshold, 2.5);
  EXPECT_LT(threshold, 8);
}

TEST(Thresholds, EntropyDoesNotMindManyZeros) {
  std::vector<float> values = normal(100000, 1);
  for (float& x : values) x = std::max(x, 0.0F);
  const double half_zeros = entropy_threshold(histogram_of(values));
  values.resize(1000000, 0.0F);
  EXPECT_EQ(entropy_threshold(histogram_of(values)), half_zeros);
  EXPECT_GT(half_zeros, 2.5);
}

TEST(Thresholds, EntropyOfOneValueIsThatValue) {
  EXPECT_EQ(entropy_threshold(histogram_of(std::vector<float>(100, -5.0F))), 5);
}

// The optimum for a normal distribution in 255 levels lies near 4.1 deviations.
TEST(Thresholds, MseFindsTheOptimumOfANormalDistribution) {
  std::vector<float> values = normal(1000000, 1);
  values.push_back(20);
  const double threshold = mse_threshold(histogram_of(values));
  EXPECT_GT(threshold, 3.5);
  EXPECT_LT(threshold, 5);
}

TEST(Thresholds, MseKeepsAUniformDistributionWhole) {
  EXPECT_GT(mse_threshold(histogram_of(uniform(200000, 10))), 9.8);
}

/// The mean squared error of INT8 with this threshold, value by value.
double error_of(const std::vector<float>& values, double threshold) {
  const double scale = threshold / 127;
  double sum = 0;
  for (const float x : values) {
    const double rounded = std::clamp(std::nearbyint(x / scale), -127.0, 127.0) * scale;
    sum += (x - rounded) * (x - rounded);
  }
  return sum / static_cast<double>(values.size());
}

TEST(Thresholds, NoneOfTheOthersHasALowerErrorThanMse) {
  for (const float outlier : {3.0F, 8.0F, 30.0F, 100.0F}) {
    std::vector<float> values = normal(100000, 1);
    values.push_back(outlier);
    const Histogram histogram = histogram_of(values);
    const double least = error_of(values, mse_threshold(histogram)) * 1.02;
    EXPECT_LE(least / 1.02, error_of(values, minmax_threshold(histogram)) * 1.02);
    EXPECT_LE(least / 1.02, error_of(values, entropy_threshold(histogram)) * 1.02);
    EXPECT_LE(least / 1.02, error_of(values, percentile_threshold(histogram, 99.99)) * 1.02);
  }
}

}  // namespace
}  // namespace ingot
