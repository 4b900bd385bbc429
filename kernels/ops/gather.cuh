// Gather, GatherElements, GatherND: each element of the output from the place that indices name.
// Elements are bits of 1 to 16 bytes. An index outside its axis gives zeros: nothing is read there.
#include "kernels/common/indexed.cuh"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

template <typename Element>
__device__ void gather(const IndexedParams& params) {
  wait_for_previous_grid();
  const unsigned element = blockIdx.x * kIndexedThreads + threadIdx.x;
  if (element >= params.elements) return;
  const IndexedPlace place = indexed_place(params, element);
  const Element* from = static_cast<const Element*>(params.placed);
  static_cast<Element*>(params.walked)[place.walked] =
      place.inside ? from[place.placed] : Element{};
}

#define INGOT_GATHER_ENTRY(bytes, Element)                      \
  extern "C" __global__ void __launch_bounds__(kIndexedThreads) \
      gather_##bytes(const IndexedParams params) {              \
    gather<Element>(params);                                    \
  }

INGOT_GATHER_ENTRY(1, unsigned char)
INGOT_GATHER_ENTRY(2, unsigned short)
INGOT_GATHER_ENTRY(4, unsigned)
INGOT_GATHER_ENTRY(8, unsigned long long)
INGOT_GATHER_ENTRY(16, uint4)

#undef INGOT_GATHER_ENTRY

}  // namespace ingot::kernels
