// Pieces of 16 bytes of a matrix's rows to shared memory, asynchronously where they are aligned.
#pragma once

#include "kernels/ptx/cp_async.cuh"

namespace ingot::kernels {

template <typename T>
inline constexpr int kPerChunk = 16 / static_cast<int>(sizeof(T));

/// Elements [first, first + kPerChunk<T>) of a row of `length` elements to `to`; zeros beyond the
/// row's end, and everywhere if the row is not `valid`. `row` must be an address in the tensor even
/// then. `aligned`: row and length are multiples of 16 bytes.
template <typename T>
__device__ inline void load_chunk(T* to, const T* row, int first, int length, bool aligned,
                                  bool valid) {
  if (aligned) {
    const bool inside = valid && first < length;
    cp_async_16(to, row + (inside ? first : 0), inside);
    return;
  }
#pragma unroll 1
  for (int i = 0; i < kPerChunk<T>; ++i) {
    to[i] = valid && first + i < length ? row[first + i] : T{};
  }
}

}  // namespace ingot::kernels
