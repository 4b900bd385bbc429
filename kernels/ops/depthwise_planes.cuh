// Depthwise convolution where a channel's plane lies in one piece. Neighbouring threads compute
// neighbouring columns; each goes down kTile rows of one column with the filter in registers.
//
// Generated before: types X, Bias and Out, kTile, kKernelHeight, kKernelWidth (0: left to
// depthwise_any), the epilogue.
#include "kernels/common/divide.cuh"
#include "kernels/ops/depthwise_any.cuh"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

extern "C" __global__ void __launch_bounds__(128) depthwise_planes(const DepthwiseParams p) {
  begin_grid();
  const WindowParams& window = p.window;
  unsigned rest = blockIdx.x * blockDim.x + threadIdx.x;
  const int x = static_cast<int>(take_index(&rest, p.plane_columns));
  const int first = static_cast<int>(take_index(&rest, p.plane_row_groups)) * kTile;
  const int c = static_cast<int>(take_index(&rest, p.plane_filters));
  const int n = static_cast<int>(rest);
  if (n >= p.batch) return;

  const X* image = static_cast<const X*>(p.x) + n * p.x_strides.n +
                   static_cast<long long>(c / p.multiplier) * p.x_strides.c;
  constexpr int kTaps = kKernelHeight * kKernelWidth;
  float w[kTaps > 0 ? kTaps : 1];
#pragma unroll
  for (int i = 0; i < kTaps; ++i) {
    w[i] =
        to_float(static_cast<const FactorOf<X>*>(p.w)[static_cast<long long>(i) * p.filters + c]);
  }
  BiasOf<Bias> bias[1];
  load_biases(p.bias == nullptr ? nullptr : static_cast<const Bias*>(p.bias) + c, 1, bias);
  Out* to = static_cast<Out*>(p.y) + n * p.y_strides.n + static_cast<long long>(c) * p.y_strides.c +
            static_cast<long long>(x) * p.y_strides.x;
#pragma unroll
  for (int t = 0; t < kTile; ++t) {
    const int y = first + t;
    if (y >= window.positions[1]) return;
    float sum[1] = {0};
#pragma unroll
    for (int ky = 0; ky < kKernelHeight; ++ky) {
      const int row = y * window.strides[1] + ky * window.dilations[1] - window.begin_pads[1];
      const bool row_inside = row >= 0 && row < window.image[1];
#pragma unroll
      for (int kx = 0; kx < kKernelWidth; ++kx) {
        const int column = x * window.strides[2] + kx * window.dilations[2] - window.begin_pads[2];
        float value = 0;
        if (row_inside && column >= 0 && column < window.image[2]) {
          value = centred(p, to_float(image[static_cast<long long>(row) * p.x_strides.y +
                                            static_cast<long long>(column) * p.x_strides.x]));
        }
        sum[0] += value * w[ky * kKernelWidth + kx];
      }
    }
    add_biases(bias, sum);
    apply_epilogue(p.epilogue, {n, c, 0, y, x}, sum);
    to[static_cast<long long>(y) * p.y_strides.y] = from_float<Out>(sum[0]);
  }
}

}  // namespace ingot::kernels
