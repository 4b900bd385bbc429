// Step kind "ref": runs an operator's reference evaluation. Every backend lists it, so that no
// operator is without an implementation.
//
// Attributes: op="Softmax", and the operator's own. Tensors are plain; windows are copied.
#pragma once

#include "runtime/engine/step.h"

namespace ingot {

/// For the table of a backend whose memory the host can read.
const StepDef& ref_step();

}  // namespace ingot
