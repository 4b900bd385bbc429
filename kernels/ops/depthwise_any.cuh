// Depthwise convolution of any shape in any strides, one output element a thread: what the faster
// kernels beside it leave out.
//
// Generated before: types X, Bias and Out, the epilogue (common/image_epilogue.cuh).
#pragma once

#include "kernels/common/image_epilogue.cuh"
#include "kernels/params/depthwise.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

extern "C" __global__ void __launch_bounds__(256) depthwise_any(const DepthwiseParams p) {
  begin_grid();
  const WindowParams& window = p.window;
  const long long index = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  const int height = window.positions[1], width = window.positions[2];
  if (index >= static_cast<long long>(p.batch) * p.filters * height * width) return;
  // Neighbouring threads follow the order of the output in memory.
  ImagePlace place{0, 0, 0, 0, 0};
  long long rest = index;
  if (p.y_strides.c == 1) {
    place.c = static_cast<int>(rest % p.filters);
    rest /= p.filters;
  }
  place.x = static_cast<int>(rest % width);
  rest /= width;
  place.y = static_cast<int>(rest % height);
  rest /= height;
  if (p.y_strides.c != 1) {
    place.c = static_cast<int>(rest % p.filters);
    rest /= p.filters;
  }
  place.n = static_cast<int>(rest);

  const X* image = static_cast<const X*>(p.x) + place.n * p.x_strides.n +
                   static_cast<long long>(place.c / p.multiplier) * p.x_strides.c;
  const auto* w = static_cast<const FactorOf<X>*>(p.w) + place.c;
  float sum[1] = {0};
  for (int ky = 0; ky < window.kernel[1]; ++ky) {
    const int y = place.y * window.strides[1] + ky * window.dilations[1] - window.begin_pads[1];
    if (y < 0 || y >= window.image[1]) continue;
    for (int kx = 0; kx < window.kernel[2]; ++kx) {
      const int x = place.x * window.strides[2] + kx * window.dilations[2] - window.begin_pads[2];
      if (x < 0 || x >= window.image[2]) continue;
      const int tap = ky * window.kernel[2] + kx;
      sum[0] += centred(p, to_float(image[static_cast<long long>(y) * p.x_strides.y +
                                          static_cast<long long>(x) * p.x_strides.x])) *
                to_float(w[static_cast<long long>(tap) * p.filters]);
    }
  }
  BiasOf<Bias> bias[1];
  load_biases(p.bias == nullptr ? nullptr : static_cast<const Bias*>(p.bias) + place.c, 1, bias);
  add_biases(bias, sum);
  apply_epilogue(p.epilogue, place, sum);
  Out* y = static_cast<Out*>(p.y) + place.n * p.y_strides.n +
           static_cast<long long>(place.c) * p.y_strides.c +
           static_cast<long long>(place.y) * p.y_strides.y +
           static_cast<long long>(place.x) * p.y_strides.x;
  *y = from_float<Out>(sum[0]);
}

}  // namespace ingot::kernels
