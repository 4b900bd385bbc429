// Constant matrices, stored with the elements of a column side by side.
#pragma once

#include "runtime/engine/step.h"

namespace ingot {

/// Input 1 of the step, a constant [..., rows, columns], as [..., columns, rows] on the device.
const void* transposed_weights(const StepContext& context);

}  // namespace ingot
