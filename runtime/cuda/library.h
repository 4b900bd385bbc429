// NVIDIA's libraries as the backend uses them: which are there, in which version, or why not.
#pragma once

#include "core/base/nvidia_library.h"
#include "runtime/engine/device.h"

namespace ingot {

/// Opens the libraries when first called. One whose headers the build lacked is missing, with that
/// as the reason.
LibraryFacts nvidia_libraries();

}  // namespace ingot
