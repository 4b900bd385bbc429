// 2^x by the special function unit: relative error 2^-22, 2^-inf is 0.
#pragma once

namespace ingot::kernels {

__device__ inline float fast_exp2(float x) {
#if defined(__CUDACC__)
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
#else
  return exp2f(x);
#endif
}

}  // namespace ingot::kernels
