// Which input elements each output element of a resized axis is made of, for steps.
#pragma once

#include <vector>

#include "runtime/engine/step.h"

namespace ingot {

/// One axis: output element i lies between elements low[i] and high[i] of the input, `weight[i]` of
/// the way. For mode nearest, low is the element and weight is 0.
struct AxisSamples {
  std::vector<int32_t> low, high;
  std::vector<float> weight;
};

/// The last two axes of input 0 of a Resize step. Throws Error ("step.unsupported") if other axes
/// change size, or for modes that take more than two neighbours.
struct ImageSamples {
  AxisSamples rows, columns;
  bool nearest = false;
};
ImageSamples image_samples(const StepContext& context);

}  // namespace ingot
