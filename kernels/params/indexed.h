// What kernels of gathers and scatters are told. Both walk over one tensor in order (the output of a
// gather, the updates of a scatter); each of its elements belongs to a place of another tensor, which
// is named by a tuple of indices and, along the axes that no index names, by its own position.
#pragma once

#include "kernels/params/divisor.h"

namespace ingot::kernels {

inline constexpr int kIndexedThreads = 256;
inline constexpr int kMaxIndexedAxes = 8;

struct IndexedParams {
  void* placed;         ///< the tensor whose places the indices name: read or written there
  const void* indices;  ///< of type int, or of long long where wide_indices
  void* walked;         ///< the tensor in whose order elements are visited
  Divisor extents[kMaxIndexedAxes];  ///< of `walked`, outermost first
  long long walked_strides[kMaxIndexedAxes];
  long long placed_strides[kMaxIndexedAxes];  ///< 0 along axes that an index names
  long long index_strides[kMaxIndexedAxes];   ///< of the first index of the element's tuple
  long long lengths[kMaxIndexedAxes];         ///< of the axes that the tuple names
  long long tuple_strides[kMaxIndexedAxes];   ///< of `placed` along them
  long long tuple_step;                       ///< from one index of a tuple to the next
  int axes, tuple;
  unsigned elements;  ///< of `walked`, below 2^31
  int wide_indices;
};

}  // namespace ingot::kernels
