// Dot products of four bytes: signed or unsigned ones, as the last argument's type is, by signed
// ones.
#pragma once

namespace ingot::kernels {

#if defined(__CUDACC__)

__device__ inline int dot_bytes(unsigned a, unsigned b, int sum, signed char) {
  asm("dp4a.s32.s32 %0, %1, %2, %0;" : "+r"(sum) : "r"(a), "r"(b));
  return sum;
}
__device__ inline int dot_bytes(unsigned a, unsigned b, int sum, unsigned char) {
  asm("dp4a.u32.s32 %0, %1, %2, %0;" : "+r"(sum) : "r"(a), "r"(b));
  return sum;
}

#else  // on the host

template <typename T>
int dot_bytes(unsigned a, unsigned b, int sum, T) {
  for (int i = 0; i < 4; ++i) {
    sum += static_cast<T>(a >> (8 * i)) * static_cast<signed char>(b >> (8 * i));
  }
  return sum;
}

#endif

}  // namespace ingot::kernels
