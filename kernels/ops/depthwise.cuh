// Depthwise convolution, channels last. A thread computes kVector channels of kTile outputs along a
// row: it loads one row of the patch under them as wide words, all before the first use, and lets
// the outputs share it in registers. Rows of a block share theirs through the L1 cache.
//
// Generated before: types X, Bias and Out, kVector, kTile, kKernelHeight, kKernelWidth (0: known at run
// time, as dilations other than 1 are), kStride along a row, kMultiplier, the epilogue.
#include "kernels/ops/depthwise_any.cuh"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

/// Where a thread stands: its first output, and the image and filter of its channels.
struct DepthwiseTile {
  const X* image;
  const FactorOf<X>* w;
  int row, column;  ///< of the image, under the first tap of the first output
};

/// Columns of the image under a row of a tile; 4 for kernels whose size is not known.
constexpr int kPatchColumns = kKernelWidth > 0 ? (kTile - 1) * kStride + kKernelWidth : 4;
/// A patch lives in registers: the wider it is, the fewer threads fit.
constexpr int kResidentBlocks = kPatchColumns <= 6 ? 4 : kPatchColumns <= 9 ? 3 : 2;

/// kVector input channels of the filters that begin at c, a multiple of kVector. kVector divides the
/// multiplier or the other way round, so that each of them has whole channels or one.
__device__ inline void load_pixel(const X* pixel, float (&values)[kVector]) {
  if constexpr (kMultiplier == 1) {
    load_vector<kVector>(pixel, values);
  } else {
#pragma unroll
    for (int i = 0; i < kVector; ++i) values[i] = to_float(pixel[i / kMultiplier]);
  }
}

/// A kernel of known size without dilation.
__device__ inline void accumulate_known(const DepthwiseParams& p, const DepthwiseTile& at,
                                        float (&sums)[kTile][kVector]) {
  constexpr int kColumns = kPatchColumns, kWidth = kKernelWidth;
#pragma unroll
  for (int ky = 0; ky < kKernelHeight; ++ky) {
    const int row = at.row + ky;
    const bool row_inside = row >= 0 && row < p.window.image[1];
    const X* pixels = at.image + static_cast<long long>(row) * p.x_strides.y;
    float patch[kColumns][kVector];
    if constexpr (kMultiplier == 1) {
      Vector<X, kVector> vectors[kColumns];
#pragma unroll
      for (int j = 0; j < kColumns; ++j) {
        const int column = at.column + j;
        vectors[j] = {};
        if (row_inside && column >= 0 && column < p.window.image[2]) {
          vectors[j] = load_raw<kVector>(pixels + static_cast<long long>(column) * p.x_strides.x);
        }
      }
#pragma unroll
      for (int j = 0; j < kColumns; ++j) {
        const int column = at.column + j;
        unpack_vector(vectors[j], patch[j]);
        if (!kZeroed || !row_inside || column < 0 || column >= p.window.image[2]) continue;
#pragma unroll
        for (int i = 0; i < kVector; ++i) patch[j][i] = centred(p, patch[j][i]);
      }
    } else {
#pragma unroll
      for (int j = 0; j < kColumns; ++j) {
        const int column = at.column + j;
#pragma unroll
        for (int i = 0; i < kVector; ++i) patch[j][i] = 0;
        if (row_inside && column >= 0 && column < p.window.image[2]) {
          load_pixel(pixels + static_cast<long long>(column) * p.x_strides.x, patch[j]);
#pragma unroll
          for (int i = 0; i < kVector; ++i) patch[j][i] = centred(p, patch[j][i]);
        }
      }
    }
#pragma unroll
    for (int kx = 0; kx < kWidth; ++kx) {
      float w[kVector];
      load_vector<kVector>(at.w + static_cast<long long>(ky * kWidth + kx) * p.filters, w);
#pragma unroll
      for (int t = 0; t < kTile; ++t) {
#pragma unroll
        for (int i = 0; i < kVector; ++i) sums[t][i] += patch[t * kStride + kx][i] * w[i];
      }
    }
  }
}

/// Any kernel and dilation.
__device__ inline void accumulate_any(const DepthwiseParams& p, const DepthwiseTile& at,
                                      float (&sums)[kTile][kVector]) {
  const WindowParams& window = p.window;
  for (int ky = 0; ky < window.kernel[1]; ++ky) {
    const int row = at.row + ky * window.dilations[1];
    if (row < 0 || row >= window.image[1]) continue;
    const X* pixels = at.image + static_cast<long long>(row) * p.x_strides.y;
    for (int kx = 0; kx < window.kernel[2]; ++kx) {
      float w[kVector];
      load_vector<kVector>(at.w + static_cast<long long>(ky * window.kernel[2] + kx) * p.filters,
                           w);
#pragma unroll
      for (int t = 0; t < kTile; ++t) {
        const int column = at.column + t * window.strides[2] + kx * window.dilations[2];
        if (column < 0 || column >= window.image[2]) continue;
        float pixel[kVector];
        load_pixel(pixels + static_cast<long long>(column) * p.x_strides.x, pixel);
#pragma unroll
        for (int i = 0; i < kVector; ++i) sums[t][i] += centred(p, pixel[i]) * w[i];
      }
    }
  }
}

extern "C" __global__ void __launch_bounds__(128, kResidentBlocks)
    depthwise_channels_last(const DepthwiseParams p) {
  begin_grid();
  const WindowParams& window = p.window;
  const int c =
      static_cast<int>((blockIdx.x % p.channel_blocks) * blockDim.x + threadIdx.x) * kVector;
  const int x =
      static_cast<int>((blockIdx.x / p.channel_blocks) * blockDim.y + threadIdx.y) * kTile;
  const int y = static_cast<int>(blockIdx.y * blockDim.z + threadIdx.z);
  if (c >= p.filters || x >= window.positions[2] || y >= window.positions[1]) return;

  BiasOf<Bias> biases[kVector];
  load_biases(p.bias == nullptr ? nullptr : static_cast<const Bias*>(p.bias) + c, kVector, biases);
  for (int n = blockIdx.z; n < p.batch; n += gridDim.z) {
    const DepthwiseTile at{static_cast<const X*>(p.x) + n * p.x_strides.n + c / kMultiplier,
                           static_cast<const FactorOf<X>*>(p.w) + c,
                           y * window.strides[1] - window.begin_pads[1],
                           x * window.strides[2] - window.begin_pads[2]};
    float sums[kTile][kVector] = {};
    if constexpr (kKernelHeight > 0) {
      accumulate_known(p, at, sums);
    } else {
      accumulate_any(p, at, sums);
    }
    Out* to = static_cast<Out*>(p.y) + n * p.y_strides.n +
              static_cast<long long>(y) * p.y_strides.y +
              static_cast<long long>(x) * p.y_strides.x + c;
#pragma unroll
    for (int t = 0; t < kTile; ++t) {
      if (x + t >= window.positions[2]) break;
      add_biases(biases, sums[t]);
      apply_epilogue(p.epilogue, {n, c, 0, y, x + t}, sums[t]);
      store_vector<kVector>(sums[t], to + static_cast<long long>(t) * p.y_strides.x);
    }
  }
}

}  // namespace ingot::kernels
