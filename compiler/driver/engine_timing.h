// Times whole engines against each other, by running them as users will.
#pragma once

#include <vector>

#include "core/plan/plan.h"
#include "ingot/engine.h"

namespace ingot {

/// The time of an undisturbed run of each plan at the opt shapes of profile 0, in microseconds, measured in
/// turns so that what else the machine does hits all alike. Inputs are random; a plan that cannot be
/// run with them (its data decides shapes) has a negative time.
std::vector<double> time_engines(const std::vector<const Plan*>& plans,
                                 const EngineOptions& options, double seconds);

}  // namespace ingot
