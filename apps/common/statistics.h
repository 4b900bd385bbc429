// Statistics of measured times, with trtexec's definitions.
#pragma once

#include <string>
#include <vector>

namespace ingot::apps {

struct Statistics {
  double min = 0, max = 0, mean = 0, median = 0;
  double coefficient_of_variation = 0;  ///< standard deviation / mean, in percent
  std::vector<double> percentiles;      ///< in the order asked for
};

/// The value at index max(N - 1 - int((1 - p/100) * N), 0) of the ascending times.
double percentile(const std::vector<double>& ascending, double percent);

/// The middle time, or the mean of the two in the middle; 0 of none.
double median(const std::vector<double>& ascending);

Statistics statistics_of(std::vector<double> times, const std::vector<double>& percents);

/// "min = 1 ms, max = 2 ms, mean = ..., median = ..., percentile(90%) = ..."
std::string to_text(const Statistics& statistics, const std::vector<double>& percents);

}  // namespace ingot::apps
