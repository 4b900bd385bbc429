// ReverseSequence: the first elements of each sequence backwards. Elements are bits of 1 to 16 bytes.
// A length outside [0, times] is taken as the nearest end of it.
#include "kernels/common/divide.cuh"
#include "kernels/params/generate.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

template <typename Element>
__device__ void reverse_sequence(const ReverseSequenceParams& params) {
  const unsigned element = blockIdx.x * kGenerateThreads + threadIdx.x;
  if (element >= params.elements) return;
  unsigned first = element;
  const unsigned inner = take_index(&first, params.inner);
  unsigned second = take_index(&first, params.second);
  unsigned& time = params.time_is_first ? first : second;
  long long length = params.lengths[params.time_is_first ? second : first];
  if (length > params.times) length = params.times;
  if (time < length) time = static_cast<unsigned>(length - 1 - time);
  const long long from =
      (static_cast<long long>(first) * params.second.divisor + second) * params.inner.divisor +
      inner;
  static_cast<Element*>(params.y)[element] = static_cast<const Element*>(params.x)[from];
}

#define INGOT_REVERSE_ENTRY(bytes, Element)                          \
  extern "C" __global__ void __launch_bounds__(kGenerateThreads)     \
      reverse_sequence_##bytes(const ReverseSequenceParams params) { \
    begin_grid();                                                    \
    reverse_sequence<Element>(params);                               \
  }

INGOT_REVERSE_ENTRY(1, unsigned char)
INGOT_REVERSE_ENTRY(2, unsigned short)
INGOT_REVERSE_ENTRY(4, unsigned)
INGOT_REVERSE_ENTRY(8, unsigned long long)
INGOT_REVERSE_ENTRY(16, uint4)

#undef INGOT_REVERSE_ENTRY

}  // namespace ingot::kernels
