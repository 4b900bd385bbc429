// Trilu and EyeLike: what lies on one side of a diagonal, or on it, is kept; zeros elsewhere.
// Elements are bits of 1 to 8 bytes.
#include "kernels/common/divide.cuh"
#include "kernels/params/generate.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

template <typename Element>
__device__ void diagonal(const DiagonalParams& params) {
  const unsigned element = blockIdx.x * kGenerateThreads + threadIdx.x;
  if (element >= params.elements) return;
  unsigned outer = element;
  const int column = static_cast<int>(take_index(&outer, params.columns));
  const int row = static_cast<int>(take_index(&outer, params.rows));
  const int distance = column - row - params.k;
  const bool kept = params.keep > 0 ? distance >= 0 : params.keep < 0 ? distance <= 0 : !distance;
  union {
    unsigned words[2];
    Element element;
  } one = {{params.one[0], params.one[1]}};
  Element value = 0;
  if (kept) value = params.x ? static_cast<const Element*>(params.x)[element] : one.element;
  static_cast<Element*>(params.y)[element] = value;
}

#define INGOT_DIAGONAL_ENTRY(bytes, Element)                     \
  extern "C" __global__ void __launch_bounds__(kGenerateThreads) \
      diagonal_##bytes(const DiagonalParams params) {            \
    begin_grid();                                                \
    diagonal<Element>(params);                                   \
  }

INGOT_DIAGONAL_ENTRY(1, unsigned char)
INGOT_DIAGONAL_ENTRY(2, unsigned short)
INGOT_DIAGONAL_ENTRY(4, unsigned)
INGOT_DIAGONAL_ENTRY(8, unsigned long long)

#undef INGOT_DIAGONAL_ENTRY

}  // namespace ingot::kernels
