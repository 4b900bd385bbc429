// Where an element of a gather or scatter is, in both tensors.
#pragma once

#include "kernels/common/divide.cuh"
#include "kernels/params/indexed.h"

namespace ingot::kernels {

struct IndexedPlace {
  long long walked = 0, placed = 0;
  bool inside = true;  ///< every index is within its axis; negative ones count from the end
};

__device__ inline IndexedPlace indexed_place(const IndexedParams& params, unsigned element) {
  IndexedPlace place;
  long long at = 0;
  for (int axis = params.axes - 1; axis >= 0; --axis) {
    const unsigned i = axis > 0 ? take_index(&element, params.extents[axis]) : element;
    place.walked += i * params.walked_strides[axis];
    place.placed += i * params.placed_strides[axis];
    at += i * params.index_strides[axis];
  }
  for (int k = 0; k < params.tuple; ++k) {
    long long index = params.wide_indices ? static_cast<const long long*>(params.indices)[at]
                                          : static_cast<const int*>(params.indices)[at];
    if (index < 0) index += params.lengths[k];
    place.inside = place.inside && index >= 0 && index < params.lengths[k];
    place.placed += index * params.tuple_strides[k];
    at += params.tuple_step;
  }
  return place;
}

}  // namespace ingot::kernels
