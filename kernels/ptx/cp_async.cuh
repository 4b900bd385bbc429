// cp.async: copies of 16 bytes from global to shared memory that go on while the threads compute,
// in groups that are waited for in order. Before Ampere, and on the host, they are done at once.
#pragma once

#include "kernels/ptx/shared_address.cuh"

namespace ingot::kernels {

/// Both addresses are multiples of 16; where `valid` is false zeros are written and nothing is read.
__device__ inline void cp_async_16(SharedAddress to, const void* from, bool valid) {
#if defined(__CUDACC__) && __CUDA_ARCH__ >= 800
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(to), "l"(from),
               "r"(valid ? 16 : 0)
               : "memory");
#elif defined(__CUDACC__)
  uint4 piece = {0, 0, 0, 0};
  if (valid) piece = *static_cast<const uint4*>(from);
  asm volatile("st.shared.v4.u32 [%0], {%1, %2, %3, %4};" ::"r"(to), "r"(piece.x), "r"(piece.y),
               "r"(piece.z), "r"(piece.w)
               : "memory");
#else
  uint4 piece = {0, 0, 0, 0};
  if (valid) piece = *static_cast<const uint4*>(from);
  *reinterpret_cast<uint4*>(to) = piece;
#endif
}
__device__ inline void cp_async_16(void* to, const void* from, bool valid) {
  cp_async_16(shared_address(to), from, valid);
}

/// What was copied since the last call is one group.
__device__ inline void cp_async_commit() {
#if defined(__CUDACC__) && __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

/// Waits until at most kPending of this thread's groups are on their way. Other threads' copies are
/// seen after a barrier.
template <int kPending>
__device__ inline void cp_async_wait() {
#if defined(__CUDACC__) && __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
#endif
}

}  // namespace ingot::kernels
