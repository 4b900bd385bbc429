// How a reduction is laid over blocks: its axes in the order of memory, and the launch.
#pragma once

#include <vector>

#include "kernels/params/reduce.h"
#include "runtime/engine/step.h"

namespace ingot {

struct ReducePlan {
  kernels::ReduceParams params{};  ///< without addresses and splits
  bool columns = false;            ///< outputs lie side by side in memory, else reduced elements do
  int64_t outputs = 1;             ///< of all
};

/// @param reduced  per logical axis
/// Throws Error ("step.unsupported") for tensors beyond 2^31 elements.
ReducePlan reduce_plan(const StepContext& context, const std::vector<bool>& reduced);

}  // namespace ingot
