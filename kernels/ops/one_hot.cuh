// OneHot. Elements are bits of 1 to 8 bytes; the preamble gives the type of indices, Index. An index
// outside the axis is nowhere hot.
#include "kernels/common/divide.cuh"
#include "kernels/params/generate.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

template <typename Element>
__device__ void one_hot(const OneHotParams& params) {
  const unsigned element = blockIdx.x * kGenerateThreads + threadIdx.x;
  if (element >= params.elements) return;
  unsigned outer = element;
  const unsigned inner = take_index(&outer, params.inner);
  const unsigned at = take_index(&outer, params.depth);
  const Index given =
      static_cast<const Index*>(params.indices)[outer * params.inner.divisor + inner];
  long long index = static_cast<long long>(given);
  if (index < 0) index += params.depth.divisor;
  static_cast<Element*>(params.y)[element] =
      static_cast<const Element*>(params.values)[index == at ? 1 : 0];
}

#define INGOT_ONE_HOT_ENTRY(bytes, Element)                      \
  extern "C" __global__ void __launch_bounds__(kGenerateThreads) \
      one_hot_##bytes(const OneHotParams params) {               \
    begin_grid();                                                \
    one_hot<Element>(params);                                    \
  }

INGOT_ONE_HOT_ENTRY(1, unsigned char)
INGOT_ONE_HOT_ENTRY(2, unsigned short)
INGOT_ONE_HOT_ENTRY(4, unsigned)
INGOT_ONE_HOT_ENTRY(8, unsigned long long)

#undef INGOT_ONE_HOT_ENTRY

}  // namespace ingot::kernels
