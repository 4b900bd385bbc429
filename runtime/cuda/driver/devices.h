// The GPUs that the driver sees, by index, name and UUID. Opens none of them.
#pragma once

#include <string>

#include "runtime/cuda/driver/api.h"

namespace ingot {

/// How many; 0 also where the driver does not tell. The driver must be usable.
int device_count();
std::string device_name(CUdevice device);
/// "GPU-5f0c7a31-...", as nvidia-smi -L writes it; empty where the driver does not tell.
std::string device_uuid(CUdevice device);
/// "0 (NVIDIA H100, GPU-5f0c...), 1 (NVIDIA L4, GPU-...)"
std::string all_devices();

/// Throws Error ("device.not_available") unless there is a driver that sees a GPU.
void require_a_device();

}  // namespace ingot
