// Times of layers: trtexec's --dumpProfile table and --exportProfile document.
#pragma once

#include <string>
#include <vector>

#include "ingot/engine.h"

namespace ingot::apps {

struct LayerTime {
  std::string name;
  double total_ms = 0, average_ms = 0, median_ms = 0, percentage = 0;
};

struct LayerProfile {
  int iterations = 0;
  std::vector<LayerTime> layers;  ///< those that took any time, in order of execution
  LayerTime total;
};

/// Step times of all streams together; a stream's steps come in the same order.
LayerProfile profile_of(const std::vector<std::vector<StepTime>>& streams);

std::string profile_table(const LayerProfile& profile);
std::string profile_json(const LayerProfile& profile);

}  // namespace ingot::apps
