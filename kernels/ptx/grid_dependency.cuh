// Programmatic dependent launch (Hopper on): a kernel may start while the one before it ends. Both
// do nothing in a kernel that was launched in the ordinary way.
#pragma once

namespace ingot::kernels {

/// Before the first access to anything that an earlier kernel wrote or still reads.
__device__ inline void wait_for_previous_grid() {
#if defined(__CUDACC__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

/// The next kernel may be started from now on.
__device__ inline void release_next_grid() {
#if defined(__CUDACC__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

/// How kernels begin that have nothing to do before they read: both at once.
__device__ inline void begin_grid() {
  wait_for_previous_grid();
  release_next_grid();
}

}  // namespace ingot::kernels
