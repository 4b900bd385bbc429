// Rows side by side in memory, each worked on by a group of threads that keeps it in registers: a few
// lanes, a warp or a block, by its length. Longer rows are read more than once by a block.
//
// INGOT_ROW_KERNELS gives a row function its entries; runtime/cuda/row_launch.h chooses among them.
#pragma once

#include "kernels/common/reduce.cuh"
#include "kernels/common/vector.cuh"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

/// kLanes neighbouring lanes have a row.
template <int kLanes>
struct LaneGroup {
  __device__ static long long row() {
    return (static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x) / kLanes;
  }
  __device__ static int thread() { return threadIdx.x % kLanes; }
  __device__ static int threads() { return kLanes; }
  template <typename T, typename Fold>
  __device__ static T fold(T value, T, Fold fold) {
    return warp_fold<kLanes>(value, fold);
  }
};

/// A block has a row.
struct BlockGroup {
  __device__ static long long row() { return blockIdx.x; }
  __device__ static int thread() { return threadIdx.x; }
  __device__ static int threads() { return blockDim.x; }
  template <typename T, typename Fold>
  __device__ static T fold(T value, T neutral, Fold fold) {
    __shared__ T shared[32];
    return block_fold(value, neutral, fold, shared);
  }
};

/// This thread's part of a row: kSteps vectors, one of each kVector * threads() elements of the row.
/// Places beyond the row get `fill`. A vector is wholly in the row or beyond it.
template <typename Group, int kVector, int kSteps, typename T>
__device__ void load_row(const T* row, int length, float fill, float (&values)[kVector * kSteps]) {
#pragma unroll
  for (int step = 0; step < kSteps; ++step) {
    const int at = (step * Group::threads() + Group::thread()) * kVector;
    if (at < length) {
      load_vector<kVector>(row + at, values + step * kVector);
    } else {
#pragma unroll
      for (int i = 0; i < kVector; ++i) values[step * kVector + i] = fill;
    }
  }
}

template <typename Group, int kVector, int kSteps, typename T>
__device__ void store_row(const float (&values)[kVector * kSteps], int length, T* row) {
#pragma unroll
  for (int step = 0; step < kSteps; ++step) {
    const int at = (step * Group::threads() + Group::thread()) * kVector;
    if (at < length) store_vector<kVector>(values + step * kVector, row + at);
  }
}

}  // namespace ingot::kernels

/// Entries NAME_lanes, _warp, _wide, _block, _long, and the same with _vector for rows whose length
/// and addresses allow 16-byte vectors of X. Needs templates NAME_row<Group, kVector, kSteps>(params)
/// and NAME_long_row<kVector>(params).
#define INGOT_ROW_KERNELS(NAME, PARAMS)                                                    \
  extern "C" __global__ void __launch_bounds__(128) NAME##_lanes(const PARAMS p) {         \
    begin_grid();                                                                          \
    NAME##_row<LaneGroup<8>, 1, 2>(p);                                                     \
  }                                                                                        \
  extern "C" __global__ void __launch_bounds__(128) NAME##_warp(const PARAMS p) {          \
    begin_grid();                                                                          \
    NAME##_row<LaneGroup<32>, 1, 4>(p);                                                    \
  }                                                                                        \
  extern "C" __global__ void __launch_bounds__(128) NAME##_wide(const PARAMS p) {          \
    begin_grid();                                                                          \
    NAME##_row<LaneGroup<32>, 1, 32>(p);                                                   \
  }                                                                                        \
  extern "C" __global__ void __launch_bounds__(1024) NAME##_block(const PARAMS p) {        \
    begin_grid();                                                                          \
    NAME##_row<BlockGroup, 1, 16>(p);                                                      \
  }                                                                                        \
  extern "C" __global__ void __launch_bounds__(1024) NAME##_long(const PARAMS p) {         \
    begin_grid();                                                                          \
    NAME##_long_row<1>(p);                                                                 \
  }                                                                                        \
  extern "C" __global__ void __launch_bounds__(128) NAME##_lanes_vector(const PARAMS p) {  \
    begin_grid();                                                                          \
    NAME##_row<LaneGroup<8>, kVectorOf<X>, 1>(p);                                          \
  }                                                                                        \
  extern "C" __global__ void __launch_bounds__(128) NAME##_warp_vector(const PARAMS p) {   \
    begin_grid();                                                                          \
    NAME##_row<LaneGroup<32>, kVectorOf<X>, 1>(p);                                         \
  }                                                                                        \
  extern "C" __global__ void __launch_bounds__(128) NAME##_wide_vector(const PARAMS p) {   \
    begin_grid();                                                                          \
    NAME##_row<LaneGroup<32>, kVectorOf<X>, 32 / kVectorOf<X>>(p);                         \
  }                                                                                        \
  extern "C" __global__ void __launch_bounds__(1024) NAME##_block_vector(const PARAMS p) { \
    begin_grid();                                                                          \
    NAME##_row<BlockGroup, kVectorOf<X>, 16 / kVectorOf<X>>(p);                            \
  }                                                                                        \
  extern "C" __global__ void __launch_bounds__(1024) NAME##_long_vector(const PARAMS p) {  \
    begin_grid();                                                                          \
    NAME##_long_row<kVectorOf<X>>(p);                                                      \
  }
