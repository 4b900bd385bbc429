// TopK. The preamble gives X and kLargest. Blocks sort chunks of a row in shared memory and keep the
// best of each; what is kept is sorted again, until a row is one chunk. For a large k, sorted chunks
// are merged in pairs instead. Keys are all different, so that the result does not depend on
// the order of the work: of equal elements the one with the lower index comes first.
#include "kernels/common/order.cuh"
#include "kernels/common/types.cuh"
#include "kernels/params/topk.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

using Key = unsigned long long;

__device__ inline Key key_of(X x, int index) {
  const unsigned order = kLargest ? order_of(x) : ~order_of(x);
  return static_cast<Key>(order) << 32 | ~static_cast<unsigned>(index);
}

__device__ inline long long row_of_block() {
  return static_cast<long long>(blockIdx.z) * gridDim.y + blockIdx.y;
}

/// Element 0 of a row of x, or of its results.
__device__ inline long long row_start(const TopKParams& p, long long length) {
  const long long row = row_of_block();
  return row / p.inner * length * p.inner + row % p.inner;
}

__device__ inline void write_result(const TopKParams& p, int rank, Key key) {
  const long long index = ~static_cast<unsigned>(key);
  const long long to = row_start(p, p.k) + rank * p.inner;
  if (p.values != nullptr) {
    static_cast<X*>(p.values)[to] =
        static_cast<const X*>(p.x)[row_start(p, p.length) + index * p.inner];
  }
  if (p.indices != nullptr) p.indices[to] = index;
}

/// Sorts chunk blockIdx.x of each row, the greatest first.
extern "C" __global__ void __launch_bounds__(1024) topk_sort(const TopKParams p) {
  begin_grid();
  __shared__ Key keys[4096];
  if (row_of_block() >= p.rows) return;
  const int first = blockIdx.x * p.chunk;
  const int threads = blockDim.x;
  const X* x = static_cast<const X*>(p.x) + row_start(p, p.length);
  for (int i = threadIdx.x; i < p.chunk; i += threads) {
    const int at = first + i;
    Key key = 0;
    if (p.from != nullptr) {
      if (at < p.from_count) key = p.from[row_of_block() * p.from_count + at];
    } else if (at < p.length) {
      key = key_of(x[at * p.inner], at);
    }
    keys[i] = key;
  }
  __syncthreads();
  // Bitonic: sequences of `size` are made by comparing what is `distance` apart. Below 64 elements a
  // warp works on its own.
  for (int size = 2; size <= p.chunk; size *= 2) {
    for (int distance = size / 2; distance > 0; distance /= 2) {
      if (distance >= 32) {
        __syncthreads();
      } else {
        __syncwarp();
      }
      for (int i = threadIdx.x; i < p.chunk / 2; i += threads) {
        const int low = 2 * i - (i & (distance - 1)), high = low + distance;
        const Key a = keys[low], b = keys[high];
        const bool descending = (low & size) == 0;
        if ((a < b) == descending) {
          keys[low] = b;
          keys[high] = a;
        }
      }
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < p.keep; i += threads) {
    if (p.to == nullptr) {
      write_result(p, i, keys[i]);
    } else {
      const int at = blockIdx.x * p.keep + i;
      if (at < p.to_count) p.to[row_of_block() * p.to_count + at] = keys[i];
    }
  }
}

/// How many of `keys`, the greatest first, come before `key`: those above it, or not below it.
__device__ inline int rank_of(const Key* keys, int count, Key key, bool equals_first) {
  int low = 0, high = count;
  while (low < high) {
    const int middle = (low + high) / 2;
    if (keys[middle] > key || (equals_first && keys[middle] == key)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/// Merges sorted runs of `keep` keys in pairs to runs of `to_keep`: a thread finds the place of a key.
extern "C" __global__ void __launch_bounds__(256) topk_merge(const TopKParams p) {
  begin_grid();
  const int at = blockIdx.x * blockDim.x + threadIdx.x;
  if (at >= p.from_count || row_of_block() >= p.rows) return;
  const Key* row = p.from + row_of_block() * p.from_count;
  const int run = at / p.keep, place = at % p.keep;
  const int other = (run ^ 1) * p.keep;
  const int others = other >= p.from_count           ? 0
                     : p.from_count - other < p.keep ? p.from_count - other
                                                     : p.keep;
  const int rank = place + rank_of(row + other, others, row[at], run % 2 == 1);
  if (rank >= p.to_keep) return;
  if (p.to == nullptr) {
    write_result(p, rank, row[at]);
    return;
  }
  const int to = run / 2 * p.to_keep + rank;
  if (to < p.to_count) p.to[row_of_block() * p.to_count + to] = row[at];
}

}  // namespace ingot::kernels
