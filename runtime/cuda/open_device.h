// How the backend comes to its GPUs: by runtime/cuda/driver, or, where a build had no CUDA headers,
// not at all.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/engine/device.h"

namespace ingot {

/// Opens the GPU of this index. Throws Error
/// ("device.not_available").
std::shared_ptr<Device> open_cuda_device(int index);

/// The index of the GPU with this UUID, as nvidia-smi -L writes it, or the only one whose UUID
/// begins so. Throws Error ("device.not_available").
int find_cuda_device(std::string_view uuid);

/// "CUDA driver 13.0", or why there is none.
std::string cuda_driver_text();

/// The driver and the GPUs, one line each; with_libraries: also what else of NVIDIA's is used.
std::vector<std::string> cuda_report(bool with_libraries);

}  // namespace ingot
