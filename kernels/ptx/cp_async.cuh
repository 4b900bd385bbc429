// cp.async: copies of 16 bytes from global to shared memory that go on while the threads compute,
// in groups that are waited for in order. Before Ampere, and on the host, they are done at once.
#pragma once

namespace ingot::kernels {

/// Both addresses are multiples of 16; where `valid` is false zeros are written and nothing is read
/// (`from` must be an address of the tensor nevertheless).
__device__ inline void cp_async_16(void* to, const void* from, bool valid) {
#if defined(__CUDACC__) && __CUDA_ARCH__ >= 800
  const auto address = static_cast<unsigned>(__cvta_generic_to_shared(to));
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(address), "l"(from),
               "r"(valid ? 16 : 0)
               : "memory");
#else
  *static_cast<uint4*>(to) = valid ? *static_cast<const uint4*>(from) : uint4{0, 0, 0, 0};
#endif
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
