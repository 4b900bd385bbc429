// NVIDIA's libraries as the backend uses them: which are there, in which version, or why not.
#pragma once

#include "core/base/nvidia_library.h"
#include "runtime/engine/device.h"

namespace ingot {

/// Opens the libraries when first called. One whose headers the build lacked is missing, with that
/// as the reason.
LibraryFacts nvidia_libraries();

/// Bytes: libraries are told that the addresses of all tensors are multiples of it.
inline constexpr int kLibraryAlignment = 16;

/// Throws Error ("cuda.misaligned") for an address that is none: a kernel would break the context.
void require_aligned(const void* const* addresses, size_t count);

}  // namespace ingot
