// Shared memory whose size the launch gives.
#pragma once

namespace ingot::kernels {

/// Its begin, aligned to 16 bytes. All users in a kernel get the same memory.
__device__ inline unsigned char* dynamic_shared_memory() {
  extern __shared__ uint4 ingot_dynamic_shared[];
  return reinterpret_cast<unsigned char*>(ingot_dynamic_shared);
}

}  // namespace ingot::kernels
