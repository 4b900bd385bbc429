// Tactics for nodes whose data decides how large their outputs are.
#pragma once

#include "compiler/tactics/tactic.h"

namespace ingot {

/// Whether the tactic's steps ask for the memory of such an output when they know its size
/// (StepMemory::allocate). Where a GPU decides, the output is the host's.
bool gives_sizes(const TacticDef& tactic);

}  // namespace ingot
