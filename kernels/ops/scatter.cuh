// ScatterElements, ScatterND without a reduction: each update to the place that indices name, in an
// output that already holds the data. Elements are bits of 1 to 16 bytes. An index outside its axis
// writes nothing; of several updates to one place, any one stays.
#include "kernels/common/indexed.cuh"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

template <typename Element>
__device__ void scatter(const IndexedParams& params) {
  wait_for_previous_grid();
  const unsigned element = blockIdx.x * kIndexedThreads + threadIdx.x;
  if (element >= params.elements) return;
  const IndexedPlace place = indexed_place(params, element);
  if (!place.inside) return;
  static_cast<Element*>(params.placed)[place.placed] =
      static_cast<const Element*>(params.walked)[place.walked];
}

#define INGOT_SCATTER_ENTRY(bytes, Element)                     \
  extern "C" __global__ void __launch_bounds__(kIndexedThreads) \
      scatter_##bytes(const IndexedParams params) {             \
    scatter<Element>(params);                                   \
  }

INGOT_SCATTER_ENTRY(1, unsigned char)
INGOT_SCATTER_ENTRY(2, unsigned short)
INGOT_SCATTER_ENTRY(4, unsigned)
INGOT_SCATTER_ENTRY(8, unsigned long long)
INGOT_SCATTER_ENTRY(16, uint4)

#undef INGOT_SCATTER_ENTRY

}  // namespace ingot::kernels
