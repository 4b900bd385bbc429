// Where the samples of a calibration come from: files, the user's function, a generator.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "compiler/driver/samples.h"
#include "compiler/graph/graph.h"

namespace ingot {

struct CalibrationSamples {
  std::function<bool(Sample* sample)> next;
  int64_t count = -1;  ///< -1: not known
  std::string description;
  bool random = false;
};

/// @param graph  of the model, with its profiles applied
/// Throws Error ("sample.*"), here or from `next`.
CalibrationSamples open_calibration_samples(const Model& model, const Graph& graph,
                                            const CalibrationOptions& options);

}  // namespace ingot
