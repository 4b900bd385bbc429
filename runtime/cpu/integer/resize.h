// Resize of images of 8-bit integers, nearest and linear (rounded half to even).
#pragma once

#include <memory>

#include "runtime/engine/step.h"

namespace ingot {

/// Channels last, or plain. Throws Error ("step.unsupported") for another layout or mode.
std::unique_ptr<PreparedStep> resize_of_bytes(const StepContext& context);

}  // namespace ingot
