// A GPU for tests that is the CPU: memory with guards around it, kernels of emulated_compiler.h
// run as they are queued, recordings that keep their work and repeat it.
#pragma once

#include <memory>

#include "runtime/engine/device.h"

namespace ingot {

/// Memory is filled with ones (NaNs) at first. `synchronize` and `launch` throw Error
/// ("cuda.fault") when a kernel deadlocked or something outside of an allocation was written.
std::shared_ptr<Device> make_emulated_device();

/// From now on the threads of a block run in this order: last to first, or first to last.
void run_emulated_threads_backwards(bool backwards);

}  // namespace ingot
