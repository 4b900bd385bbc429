// ldmatrix: four 8x8 matrices of 16-bit elements from shared memory into the fragments of mma.cuh.
// Lane i gives the address of row i % 8 of matrix i / 8; register m of a lane gets two elements of
// matrix m: of row lane / 4, or with _transposed of column lane / 4.
#pragma once

#include "kernels/ptx/shared_address.cuh"

namespace ingot::kernels {

#if defined(__CUDACC__)

__device__ inline void ldmatrix(unsigned (&r)[4], SharedAddress address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address)
               : "memory");
}

__device__ inline void ldmatrix_transposed(unsigned (&r)[4], SharedAddress address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address)
               : "memory");
}

__device__ inline void ldmatrix(unsigned (&r)[4], const void* row) {
  ldmatrix(r, shared_address(row));
}
__device__ inline void ldmatrix_transposed(unsigned (&r)[4], const void* row) {
  ldmatrix_transposed(r, shared_address(row));
}

#else  // on the host

/// The rows that the lanes of a warp gave.
struct WarpRows {
  const unsigned short* of_lane[32];

  explicit WarpRows(const void* row) {
    static const unsigned short* rows[32][32];
    auto& warp = rows[threadIdx.x / 32];
    warp[threadIdx.x & 31] = static_cast<const unsigned short*>(row);
    __syncwarp();
    for (int i = 0; i < 32; ++i) of_lane[i] = warp[i];
    __syncwarp();
  }
};

inline void ldmatrix(unsigned (&r)[4], const void* row) {
  const WarpRows rows(row);
  const int lane = static_cast<int>(threadIdx.x & 31);
  for (int m = 0; m < 4; ++m) {
    const unsigned short* from = rows.of_lane[m * 8 + lane / 4] + lane % 4 * 2;
    r[m] = from[0] | static_cast<unsigned>(from[1]) << 16;
  }
}

inline void ldmatrix_transposed(unsigned (&r)[4], const void* row) {
  const WarpRows rows(row);
  const int lane = static_cast<int>(threadIdx.x & 31);
  for (int m = 0; m < 4; ++m) {
    const unsigned short low = rows.of_lane[m * 8 + lane % 4 * 2][lane / 4];
    const unsigned short high = rows.of_lane[m * 8 + lane % 4 * 2 + 1][lane / 4];
    r[m] = low | static_cast<unsigned>(high) << 16;
  }
}

#endif

}  // namespace ingot::kernels
