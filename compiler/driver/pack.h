// Packing: the weights of a plan in the formats that its steps want on this machine, so that
// loading is a mapping and no repack.
#pragma once

#include "core/plan/plan.h"
#include "ingot/engine.h"

namespace ingot {

/// Loads the plan, prepares it for the opt shapes of every profile, and puts what was packed in
/// place of the plain constants. Constants that are then read by nobody are dropped.
void pack_constants(Plan* plan, const EngineOptions& options);

}  // namespace ingot
