// From distributions to ranges, by the algorithm that the user names or by the one that serves the
// model's outputs best.
#pragma once

#include <functional>
#include <vector>

#include "compiler/driver/collect_ranges.h"

namespace ingot {

/// Sets the scales and the algorithm of the result; for kAuto also the errors.
/// @param held_out  samples on which the algorithms are compared
void choose_ranges(const Graph& graph, const BuildOptions& options,
                   const Distributions& distributions, const std::vector<Sample>& held_out,
                   const std::function<void(int64_t done, int64_t total)>& on_progress,
                   CalibrationResult* result);

}  // namespace ingot
