// What a kernel finds when the host's compiler compiles it: the words of CUDA C++, for tests on
// machines without a GPU. It stands before the kernel's text (emulated_compiler.cpp), in a shared
// object of its own for each kernel; nothing else includes it.
//
// Blocks run one after another. The threads of a block are fibers on the calling thread: each runs
// until it waits (for the block, or for its warp's shuffle) or ends, so that what is wrong with a
// barrier shows as wrong numbers or as a deadlock, which is reported. Exited threads take part in
// nothing. Dynamic shared memory is filled with NaNs before each block.
#pragma once

#include <sys/mman.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#define __global__ __attribute__((visibility("default")))
#define __device__
#define __host__
#define __shared__ static
#define __constant__ static
#define __forceinline__ __attribute__((always_inline)) inline
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __grid_constant__
#define __align__(bytes) alignas(bytes)

#define INGOT_VECTOR_TYPES(scalar, name, align2, align4)                            \
  struct alignas(align2) name##2 { scalar x, y; };                                  \
  struct name##3 { scalar x, y, z; };                                               \
  struct alignas(align4) name##4 { scalar x, y, z, w; };                            \
  inline name##2 make_##name##2(scalar x, scalar y) { return {x, y}; }              \
  inline name##3 make_##name##3(scalar x, scalar y, scalar z) { return {x, y, z}; } \
  inline name##4 make_##name##4(scalar x, scalar y, scalar z, scalar w) { return {x, y, z, w}; }
INGOT_VECTOR_TYPES(signed char, char, 2, 4)
INGOT_VECTOR_TYPES(unsigned char, uchar, 2, 4)
INGOT_VECTOR_TYPES(short, short, 4, 8)
INGOT_VECTOR_TYPES(unsigned short, ushort, 4, 8)
INGOT_VECTOR_TYPES(int, int, 8, 16)
INGOT_VECTOR_TYPES(unsigned, uint, 8, 16)
INGOT_VECTOR_TYPES(float, float, 8, 16)
INGOT_VECTOR_TYPES(long long, longlong, 16, 16)
INGOT_VECTOR_TYPES(unsigned long long, ulonglong, 16, 16)
INGOT_VECTOR_TYPES(double, double, 16, 16)
#undef INGOT_VECTOR_TYPES

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
};

/// How the test program starts a kernel: the symbol "ingot_emulated_launch".
struct EmulatedLaunch {
  void* entry;
  const void* params;
  size_t params_bytes;
  dim3 grid, block;
  size_t shared_bytes;
  char* stacks;  ///< of 1024 threads
  size_t stack_bytes;
  bool backwards;  ///< the last thread of a block runs first
  char error[256];
};

static uint3 threadIdx, blockIdx;
static dim3 blockDim, gridDim;
static constexpr int warpSize = 32;

#include "tests/gpu/emulation/fibers.h"

// Needs the fibers.
#include "tests/gpu/emulation/builtins.h"
