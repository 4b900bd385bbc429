// Resize of images of 8-bit integers and 16-bit floats, nearest and linear (rounded half to even).
#pragma once

#include <memory>

#include "runtime/engine/step.h"

namespace ingot {

/// Channels last, or plain. Throws Error ("step.unsupported") for another layout or mode.
std::unique_ptr<PreparedStep> resize_of_narrow(const StepContext& context);

}  // namespace ingot
