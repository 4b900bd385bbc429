// Times of layers: see the header.
#include "apps/trtexec/layer_profile.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "apps/common/files.h"
#include "apps/common/statistics.h"

namespace ingot::apps {

LayerProfile profile_of(const std::vector<std::vector<StepTime>>& streams) {
  LayerProfile profile;
  profile.total.name = "Total";
  if (streams.empty()) return profile;
  for (size_t step = 0; step < streams[0].size(); ++step) {
    std::vector<double> times;
    for (const std::vector<StepTime>& stream : streams) {
      times.insert(times.end(), stream[step].times_ms.begin(), stream[step].times_ms.end());
    }
    profile.iterations = std::max(profile.iterations, static_cast<int>(times.size()));
    std::sort(times.begin(), times.end());
    LayerTime layer{.name = streams[0][step].name};
    layer.total_ms = std::accumulate(times.begin(), times.end(), 0.0);
    if (layer.total_ms <= 0) continue;
    layer.average_ms = layer.total_ms / static_cast<double>(times.size());
    layer.median_ms = median(times);
    profile.total.total_ms += layer.total_ms;
    profile.total.average_ms += layer.average_ms;
    profile.total.median_ms += layer.median_ms;
    profile.layers.push_back(std::move(layer));
  }
  for (LayerTime& layer : profile.layers) {
    layer.percentage = 100 * layer.total_ms / profile.total.total_ms;
  }
  profile.total.percentage = profile.layers.empty() ? 0 : 100;
  return profile;
}

std::string profile_table(const LayerProfile& profile) {
  std::string text = fmt::format("=== Profile ({} iterations ) ===\n", profile.iterations);
  text += "   Time(ms)     Avg.(ms)   Median(ms)   Time(%)   Layer\n";
  const auto row = [&text](const LayerTime& layer) {
    text += fmt::format("{:>11.2f}{:>13.4f}{:>13.4f}{:>10.1f}   {}\n", layer.total_ms,
                        layer.average_ms, layer.median_ms, layer.percentage, layer.name);
  };
  for (const LayerTime& layer : profile.layers) row(layer);
  row(profile.total);
  return text;
}

std::string profile_json(const LayerProfile& profile) {
  std::string text = fmt::format("[\n  {{ \"count\" : {} }}", profile.iterations);
  for (const LayerTime& layer : profile.layers) {
    text += fmt::format(
        "\n, {{ \"name\" : {}, \"timeMs\" : {}, \"averageMs\" : {}, \"medianMs\" : {}, "
        "\"percentage\" : {} }}",
        json_string(layer.name), json_number(layer.total_ms), json_number(layer.average_ms),
        json_number(layer.median_ms), json_number(layer.percentage));
  }
  return text + "\n]\n";
}

}  // namespace ingot::apps
