// Statistics of measured times.
#include "apps/common/statistics.h"

#include <gtest/gtest.h>

namespace ingot::apps {
namespace {

TEST(Statistics, APercentileIsAMeasuredValueByTrtexecsIndex) {
  std::vector<double> times;
  for (int i = 1; i <= 100; ++i) times.push_back(i);
  EXPECT_EQ(percentile(times, 50), 50);
  EXPECT_EQ(percentile(times, 75), 75);
  EXPECT_EQ(percentile(times, 100), 100);
  EXPECT_EQ(percentile(times, 0), 1);
}

TEST(Statistics, OfFewTimesAHighPercentileIsTheLargest) {
  EXPECT_EQ(percentile({1, 2, 3}, 99), 3);
  EXPECT_EQ(percentile({7}, 50), 7);
}

TEST(Statistics, TheMedianOfAnEvenCountIsTheMeanOfTheMiddleTwo) {
  EXPECT_EQ(median({1, 2, 4, 10}), 3);
  EXPECT_EQ(median({1, 2, 10}), 2);
}

TEST(Statistics, TimesNeedNoOrder) {
  const Statistics s = statistics_of({4, 2, 6}, {50, 100});
  EXPECT_EQ(s.min, 2);
  EXPECT_EQ(s.max, 6);
  EXPECT_EQ(s.mean, 4);
  EXPECT_EQ(s.median, 4);
  EXPECT_EQ(s.percentiles, (std::vector<double>{4, 6}));
  EXPECT_NEAR(s.coefficient_of_variation, 40.8, 0.1);
}

TEST(Statistics, OfNothingAllIsZero) {
  const Statistics s = statistics_of({}, {90});
  EXPECT_EQ(s.mean, 0);
  EXPECT_EQ(s.percentiles, (std::vector<double>{0}));
}

TEST(Statistics, TextIsTrtexecs) {
  EXPECT_EQ(to_text(statistics_of({1.5, 1.5}, {90}), {90}),
            "min = 1.5 ms, max = 1.5 ms, mean = 1.5 ms, median = 1.5 ms, percentile(90%) = 1.5 ms");
}

}  // namespace
}  // namespace ingot::apps
