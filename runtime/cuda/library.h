// NVIDIA's libraries as the backend uses them: which are there, in which version, or why not.
#pragma once

#include <string>

#include "core/base/nvidia_library.h"

namespace ingot {

struct LibraryFacts {
  std::string version;  ///< "9.19.0"; empty if it cannot be used
  std::string missing;  ///< why, in a sentence; empty if it can
};

/// Each opens its library when first called. Without its headers the backend was built without it,
/// and `missing` says so.
LibraryFacts cudnn_facts();
LibraryFacts cublaslt_facts();

}  // namespace ingot
