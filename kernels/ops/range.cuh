// Range: start + i * delta. The preamble gives the element type T, and Number, which it is computed
// in: double for floats, long long for integers.
#include "kernels/common/types.cuh"
#include "kernels/params/generate.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

__device__ inline Number read_number(half_t x) { return to_float(x); }
__device__ inline Number read_number(bfloat16_t x) { return to_float(x); }
template <typename Element>
__device__ Number read_number(Element x) {
  return static_cast<Number>(x);
}

__device__ inline void write_number(Number x, half_t* y) {
  *y = from_float<half_t>(static_cast<float>(x));
}
__device__ inline void write_number(Number x, bfloat16_t* y) {
  *y = from_float<bfloat16_t>(static_cast<float>(x));
}
template <typename Element>
__device__ void write_number(Number x, Element* y) {
  *y = static_cast<Element>(x);
}

extern "C" __global__ void __launch_bounds__(kGenerateThreads) range(const RangeParams params) {
  begin_grid();
  const unsigned i = blockIdx.x * kGenerateThreads + threadIdx.x;
  if (i >= params.elements) return;
  const Number start = read_number(*static_cast<const T*>(params.start));
  const Number delta = read_number(*static_cast<const T*>(params.delta));
  write_number(start + static_cast<Number>(i) * delta, static_cast<T*>(params.y) + i);
}

}  // namespace ingot::kernels
