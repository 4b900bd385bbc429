// How the backend comes to its GPUs: by runtime/cuda/driver, or, where a build had no CUDA headers,
// not at all.
#pragma once

#include <memory>
#include <string>

#include "runtime/engine/device.h"

namespace ingot {

/// The GPU of this index; while somebody holds it, all get the same. Throws Error
/// ("device.not_available").
std::shared_ptr<Device> open_cuda_device(int index);

/// "CUDA driver 13.0", or why there is none.
std::string cuda_driver_text();

}  // namespace ingot
