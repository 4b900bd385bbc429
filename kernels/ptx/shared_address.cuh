// Addresses in shared memory as the hardware has them: 32-bit numbers, which need no conversion where
// they are used. On the host they are pointers. Bytes can be added to both.
#pragma once

namespace ingot::kernels {

#if defined(__CUDACC__)

using SharedAddress = unsigned;
__device__ inline SharedAddress shared_address(const void* pointer) {
  return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}

#else

using SharedAddress = unsigned char*;
inline SharedAddress shared_address(const void* pointer) {
  return static_cast<unsigned char*>(const_cast<void*>(pointer));
}

#endif

}  // namespace ingot::kernels
