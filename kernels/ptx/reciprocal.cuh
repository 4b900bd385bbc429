// 1 / x by the special function unit: relative error 2^-23.
#pragma once

namespace ingot::kernels {

__device__ inline float fast_reciprocal(float x) {
#if defined(__CUDACC__)
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
#else
  return 1.0F / x;
#endif
}

}  // namespace ingot::kernels
