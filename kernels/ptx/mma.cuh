// Matrix products of one warp on tensor cores: c += a * b with accumulators of float, or of int for
// bytes. Fragments lie as
// PTX's mma.sync has them; the versions for the host exchange the same registers. The element types
// (kernels/common/types.cuh) stand before every kernel.
#pragma once

namespace ingot::kernels {

#if defined(__CUDACC__)

/// m16n8k16. Turing has only half of it for half_t, taken twice, and nothing for bfloat16_t.
__device__ inline void mma_16816(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1,
                                 half_t) {
#if __CUDA_ARCH__ >= 800
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
      "{%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#else
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3},{%4,%5},{%6},{%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(b0));
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3},{%4,%5},{%6},{%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[2]), "r"(a[3]), "r"(b1));
#endif
}

#if __CUDA_ARCH__ >= 800
__device__ inline void mma_16816(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1,
                                 bfloat16_t) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
      "{%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/// m16n8k8 of floats rounded to TF32 (round_to_tf32).
__device__ inline void mma_1688_tf32(float (&c)[4], const unsigned (&a)[4], unsigned b0,
                                     unsigned b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
      "{%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

__device__ inline unsigned round_to_tf32(float x) {
  unsigned y;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(y) : "f"(x));
  return y;
}
#endif

#if __CUDA_ARCH__ >= 890
/// m16n8k32 of 8-bit floats, from Ada on.
__device__ inline void mma_16832(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1,
                                 float8_t) {
  asm volatile(
      "mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e4m3.f32 "
      "{%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
#endif

/// m16n8k32 of signed or unsigned bytes by signed ones, as the last argument's type is. Turing has
/// m8n8k16: rows 0 to 7 and 8 to 15, and both halves of the inner dimension, are done one by one.
#if __CUDA_ARCH__ >= 800
#define INGOT_MMA_BYTES(a_type, T)                                                                \
  __device__ inline void mma_16832(int (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1, \
                                   T) {                                                           \
    asm volatile("mma.sync.aligned.m16n8k32.row.col.s32." a_type                                  \
                 ".s8.s32 {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"                     \
                 : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])                                 \
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));                 \
  }
#else
#define INGOT_MMA_BYTES(a_type, T)                                                                \
  __device__ inline void mma_16832(int (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1, \
                                   T) {                                                           \
    for (int half = 0; half < 2; ++half) {                                                        \
      for (int inner = 0; inner < 2; ++inner) {                                                   \
        asm volatile("mma.sync.aligned.m8n8k16.row.col.s32." a_type                               \
                     ".s8.s32 {%0,%1},{%2},{%3},{%0,%1};"                                         \
                     : "+r"(c[2 * half]), "+r"(c[2 * half + 1])                                   \
                     : "r"(a[half + 2 * inner]), "r"(inner == 0 ? b0 : b1));                      \
      }                                                                                           \
    }                                                                                             \
  }
#endif
INGOT_MMA_BYTES("s8", signed char)
INGOT_MMA_BYTES("u8", unsigned char)
#undef INGOT_MMA_BYTES

#else  // on the host

template <typename T>
float half_of_pair(unsigned pair, int which, T) {
  return to_float(T{static_cast<unsigned short>(pair >> (16 * which))});
}

/// The fragments of a warp's lanes, as the product needs them: of rows row and row + 8, and of
/// columns column and column + 1.
struct WarpFragments {
  unsigned rows[4][4], columns[4][2][2];  // of each of four lanes

  WarpFragments(const unsigned (&a)[4], unsigned b0, unsigned b1) {
    static unsigned registers[32][32][6];
    const int lane = static_cast<int>(threadIdx.x & 31);
    auto& warp = registers[threadIdx.x / 32];
    for (int i = 0; i < 4; ++i) warp[lane][i] = a[i];
    warp[lane][4] = b0;
    warp[lane][5] = b1;
    __syncwarp();
    for (int quad = 0; quad < 4; ++quad) {
      for (int i = 0; i < 4; ++i) rows[quad][i] = warp[lane / 4 * 4 + quad][i];
      for (int j = 0; j < 2; ++j) {
        for (int half = 0; half < 2; ++half) {
          columns[quad][j][half] = warp[(lane % 4 * 2 + j) * 4 + quad][4 + half];
        }
      }
    }
    __syncwarp();
  }
};

template <typename T>
void mma_16816(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1, T type) {
  const WarpFragments all(a, b0, b1);
  for (int quad = 0; quad < 4; ++quad) {
    for (int i = 0; i < 4; ++i) {
      for (int half = 0; half < 2; ++half) {
        for (int k = 0; k < 2; ++k) {
          c[i] += half_of_pair(all.rows[quad][i / 2 + 2 * half], k, type) *
                  half_of_pair(all.columns[quad][i % 2][half], k, type);
        }
      }
    }
  }
}

inline unsigned round_to_tf32(float x) {
  union {
    float f;
    unsigned u;
  } bits = {x};
  if ((bits.u & 0x7f800000U) != 0x7f800000U) bits.u += 0x1000U;
  return bits.u & ~0x1fffU;
}

inline void mma_1688_tf32(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  const WarpFragments all(a, b0, b1);
  for (int quad = 0; quad < 4; ++quad) {
    for (int i = 0; i < 4; ++i) {
      for (int half = 0; half < 2; ++half) {
        c[i] += __uint_as_float(all.rows[quad][i / 2 + 2 * half]) *
                __uint_as_float(all.columns[quad][i % 2][half]);
      }
    }
  }
}

inline void mma_16832(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1, float8_t) {
  const auto element = [](unsigned word, int k) {
    return to_float(float8_t{static_cast<unsigned char>(word >> (8 * k))});
  };
  const WarpFragments all(a, b0, b1);
  for (int quad = 0; quad < 4; ++quad) {
    for (int i = 0; i < 4; ++i) {
      for (int half = 0; half < 2; ++half) {
        for (int k = 0; k < 4; ++k) {
          c[i] += element(all.rows[quad][i / 2 + 2 * half], k) *
                  element(all.columns[quad][i % 2][half], k);
        }
      }
    }
  }
}

template <typename T>
void mma_16832(int (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1, T) {
  const WarpFragments all(a, b0, b1);
  for (int quad = 0; quad < 4; ++quad) {
    for (int i = 0; i < 4; ++i) {
      for (int half = 0; half < 2; ++half) {
        for (int k = 0; k < 4; ++k) {
          c[i] += static_cast<T>(all.rows[quad][i / 2 + 2 * half] >> (8 * k)) *
                  static_cast<signed char>(all.columns[quad][i % 2][half] >> (8 * k));
        }
      }
    }
  }
}

#endif

/// The product of one step of a warp's tiles: fragments of 16 x 32 and 32 x 8 bytes. Floats have
/// been rounded to TF32.
__device__ inline void multiply_fragments(float (&c)[4], const unsigned (&a)[4], unsigned b0,
                                          unsigned b1, half_t type) {
  mma_16816(c, a, b0, b1, type);
}
__device__ inline void multiply_fragments(int (&c)[4], const unsigned (&a)[4], unsigned b0,
                                          unsigned b1, signed char type) {
  mma_16832(c, a, b0, b1, type);
}
__device__ inline void multiply_fragments(int (&c)[4], const unsigned (&a)[4], unsigned b0,
                                          unsigned b1, unsigned char type) {
  mma_16832(c, a, b0, b1, type);
}
#if !defined(__CUDACC__) || __CUDA_ARCH__ >= 890
__device__ inline void multiply_fragments(float (&c)[4], const unsigned (&a)[4], unsigned b0,
                                          unsigned b1, float8_t type) {
  mma_16832(c, a, b0, b1, type);
}
#endif
#if !defined(__CUDACC__) || __CUDA_ARCH__ >= 800
__device__ inline void multiply_fragments(float (&c)[4], const unsigned (&a)[4], unsigned b0,
                                          unsigned b1, bfloat16_t type) {
  mma_16816(c, a, b0, b1, type);
}
__device__ inline void multiply_fragments(float (&c)[4], const unsigned (&a)[4], unsigned b0,
                                          unsigned b1, float) {
  mma_1688_tf32(c, a, b0, b1);
}
__device__ inline void round_fragments(unsigned (&fragments)[4], float) {
#pragma unroll
  for (int i = 0; i < 4; ++i) fragments[i] = round_to_tf32(__uint_as_float(fragments[i]));
}
#endif
template <typename T>
__device__ void round_fragments(unsigned (&)[4], T) {}

}  // namespace ingot::kernels
