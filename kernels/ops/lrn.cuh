// LRN: each element is divided by a power of the squares around it in nearby channels. The preamble
// gives the element type T.
#include "kernels/common/divide.cuh"
#include "kernels/common/types.cuh"
#include "kernels/params/generate.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

extern "C" __global__ void __launch_bounds__(kGenerateThreads) lrn(const LrnParams params) {
  begin_grid();
  const unsigned element = blockIdx.x * kGenerateThreads + threadIdx.x;
  if (element >= params.elements) return;
  unsigned outer = element;
  take_index(&outer, params.inner);
  const int channel = static_cast<int>(take_index(&outer, params.channels));
  const int last = static_cast<int>(params.channels.divisor) - 1;
  const int low = channel < params.before ? -channel : -params.before;
  const int high = last - channel < params.after ? last - channel : params.after;
  const T* x = static_cast<const T*>(params.x) + element;
  float squares = 0;
  for (int i = low; i <= high; ++i) {
    const float value = to_float(x[static_cast<long long>(i) * params.inner.divisor]);
    squares += value * value;
  }
  const float power = powf(params.bias + params.alpha * squares, params.beta);
  static_cast<T*>(params.y)[element] = from_float<T>(to_float(*x) / power);
}

}  // namespace ingot::kernels
