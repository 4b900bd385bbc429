// QuantizeLinear and DequantizeLinear. The preamble gives the types of input, output and scale: X, Y
// and S; the zero points have the narrow one, Zero; kLow and kHigh are what it holds. Vectors are
// kVector elements, as many of the wider type as 16 bytes hold.
#include "kernels/common/divide.cuh"
#include "kernels/common/vector.cuh"
#include "kernels/params/quantize.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

/// Which scale belongs to an element.
__device__ inline unsigned scale_of(const QuantizeParams& params, unsigned element) {
  if (params.per_tensor) return 0;
  unsigned outer = element;
  const unsigned inner = take_index(&outer, params.inner);
  const unsigned at = take_index(&outer, params.length);
  if (params.blocks == 0) return at;
  return (outer * params.blocks + divide(at, params.block)) * params.inner.divisor + inner;
}

__device__ inline float zero_of(const QuantizeParams& params, unsigned which) {
  return params.zero ? to_float(static_cast<const Zero*>(params.zero)[which]) : 0.0F;
}

template <typename Out>
__device__ Out convert(const QuantizeParams& params, X x, unsigned element) {
  const unsigned which = scale_of(params, element);
  const float scale = to_float(static_cast<const S*>(params.scale)[which]);
  const float zero = zero_of(params, which);
  if constexpr (kQuantizes) {
    const float value = rintf(to_float(x) / scale) + zero;
    // NaN fails all comparisons and becomes the zero point.
    const float kept = value < kLow ? kLow : value > kHigh ? kHigh : value == value ? value : zero;
    return static_cast<Out>(static_cast<int>(kept));
  } else {
    return from_float<Out>((to_float(x) - zero) * scale);
  }
}

template <int count>
__device__ void quantize(const QuantizeParams& params) {
  begin_grid();
  const unsigned first = (blockIdx.x * kQuantizeThreads + threadIdx.x) * count;
  if (first >= params.elements) return;
  const X* x = static_cast<const X*>(params.x) + first;
  Y* y = static_cast<Y*>(params.y) + first;
  if (first + count > params.elements) {
    for (unsigned i = 0; first + i < params.elements; ++i)
      y[i] = convert<Y>(params, x[i], first + i);
    return;
  }
  const Vector<X, count> from = load_raw<count>(x);
  Vector<Y, count> to;
#pragma unroll
  for (int i = 0; i < count; ++i) to.elements[i] = convert<Y>(params, from.elements[i], first + i);
  store_raw<count>(to, y);
}

extern "C" __global__ void __launch_bounds__(kQuantizeThreads)
    quantize_scalar(const QuantizeParams params) {
  quantize<1>(params);
}

extern "C" __global__ void __launch_bounds__(kQuantizeThreads)
    quantize_vector(const QuantizeParams params) {
  quantize<kVector>(params);
}

}  // namespace ingot::kernels
