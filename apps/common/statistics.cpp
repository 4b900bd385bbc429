// Statistics of measured times: see the header.
#include "apps/common/statistics.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ingot::apps {

double percentile(const std::vector<double>& ascending, double percent) {
  if (ascending.empty()) return 0;
  const auto count = static_cast<int64_t>(ascending.size());
  const auto excluded = static_cast<int64_t>((1 - percent / 100) * static_cast<double>(count));
  return ascending[static_cast<size_t>(std::max<int64_t>(count - 1 - excluded, 0))];
}

double median(const std::vector<double>& ascending) {
  if (ascending.empty()) return 0;
  const size_t middle = ascending.size() / 2;
  if (ascending.size() % 2) return ascending[middle];
  return (ascending[middle - 1] + ascending[middle]) / 2;
}

Statistics statistics_of(std::vector<double> times, const std::vector<double>& percents) {
  Statistics result;
  result.percentiles.assign(percents.size(), 0);
  if (times.empty()) return result;
  std::sort(times.begin(), times.end());
  const auto count = static_cast<double>(times.size());
  result.min = times.front();
  result.max = times.back();
  result.mean = std::accumulate(times.begin(), times.end(), 0.0) / count;
  result.median = median(times);
  double squares = 0;
  for (double time : times) squares += (time - result.mean) * (time - result.mean);
  if (result.mean > 0)
    result.coefficient_of_variation = 100 * std::sqrt(squares / count) / result.mean;
  for (size_t i = 0; i < percents.size(); ++i)
    result.percentiles[i] = percentile(times, percents[i]);
  return result;
}

std::string to_text(const Statistics& s, const std::vector<double>& percents) {
  std::string text = fmt::format("min = {:g} ms, max = {:g} ms, mean = {:g} ms, median = {:g} ms",
                                 s.min, s.max, s.mean, s.median);
  for (size_t i = 0; i < percents.size(); ++i) {
    text += fmt::format(", percentile({:g}%) = {:g} ms", percents[i], s.percentiles[i]);
  }
  return text;
}

}  // namespace ingot::apps
