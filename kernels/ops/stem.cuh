// The first convolution of a network: a few channels in planes, as images come, to many filters,
// channels last. A block keeps its patch of the image and its filters in shared memory, as floats;
// a thread computes 8 filters at 4 places of a row.
//
// Generated before: types X, Bias and Out, kChannels, kKernelHeight, kKernelWidth, kStrideY, kStrideX,
// kFilterGroups (of 8 filters, in a block), the epilogue.
#include "kernels/common/image_epilogue.cuh"
#include "kernels/params/conv.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

constexpr int kThreads = 128;
constexpr int kGroup = 8;      // filters of a thread
constexpr int kPlaces = 4;     // outputs of a thread along a row
constexpr int kPlaceStep = 8;  // between them: neighbouring threads read neighbouring columns
constexpr int kColumns = kPlaces * kPlaceStep;  // outputs of a block along a row
constexpr int kRows = kThreads / (kPlaceStep * kFilterGroups);
constexpr int kFilters = kGroup * kFilterGroups;
constexpr int kTaps = kKernelHeight * kKernelWidth;
constexpr int kPatchRows = (kRows - 1) * kStrideY + kKernelHeight;
constexpr int kPatchColumns = (kColumns - 1) * kStrideX + kKernelWidth;

extern "C" __global__ void __launch_bounds__(kThreads) stem(const StemParams p) {
  begin_grid();
  __shared__ float patch[kChannels][kPatchRows][kPatchColumns];
  alignas(16) __shared__ float filters[kChannels * kTaps][kFilters];
  const WindowParams& window = p.window;
  const int thread = static_cast<int>(threadIdx.x);
  const int first_x = static_cast<int>(blockIdx.x % p.row_blocks) * kColumns;
  const int first_filter = static_cast<int>(blockIdx.x / p.row_blocks) * kFilters;
  const int first_y = static_cast<int>(blockIdx.y) * kRows;
  const int n = static_cast<int>(blockIdx.z);

  const X* image = static_cast<const X*>(p.x) + n * p.x_strides.n;
  for (int i = thread; i < kChannels * kPatchRows * kPatchColumns; i += kThreads) {
    const int column = i % kPatchColumns, row = i / kPatchColumns % kPatchRows;
    const int c = i / kPatchColumns / kPatchRows;
    const int y = first_y * kStrideY + row - window.begin_pads[1];
    const int x = first_x * kStrideX + column - window.begin_pads[2];
    float value = 0;
    if (y >= 0 && y < window.image[1] && x >= 0 && x < window.image[2]) {
      value = centred(p, to_float(image[static_cast<long long>(c) * p.x_strides.c +
                                        static_cast<long long>(y) * p.x_strides.y +
                                        static_cast<long long>(x) * p.x_strides.x]));
    }
    patch[c][row][column] = value;
  }
  for (int i = thread; i < kChannels * kTaps * kFilters; i += kThreads) {
    const int filter = first_filter + i % kFilters;
    filters[i / kFilters][i % kFilters] =
        filter < p.filters
            ? to_float(static_cast<const FactorOf<X>*>(p.w)[i / kFilters * p.filters + filter])
            : 0.0F;
  }
  __syncthreads();

  const int group = thread % kFilterGroups * kGroup;
  const int column = thread / kFilterGroups % kPlaceStep;
  const int row = thread / kFilterGroups / kPlaceStep;
  float sums[kPlaces][kGroup] = {};
  for (int kernel_row = 0; kernel_row < kChannels * kKernelHeight; ++kernel_row) {
    const int c = kernel_row / kKernelHeight, ky = kernel_row % kKernelHeight;
    const float* pixels = &patch[c][row * kStrideY + ky][column * kStrideX];
#pragma unroll
    for (int kx = 0; kx < kKernelWidth; ++kx) {
      float w[kGroup];
      load_vector<kGroup>(&filters[kernel_row * kKernelWidth + kx][group], w);
#pragma unroll
      for (int i = 0; i < kPlaces; ++i) {
        const float pixel = pixels[i * kPlaceStep * kStrideX + kx];
#pragma unroll
        for (int k = 0; k < kGroup; ++k) sums[i][k] += pixel * w[k];
      }
    }
  }

  const int c = first_filter + group, y = first_y + row;
  if (c >= p.filters || y >= window.positions[1]) return;
  BiasOf<Bias> biases[kGroup];
  load_biases(p.bias == nullptr ? nullptr : static_cast<const Bias*>(p.bias) + c, kGroup, biases);
#pragma unroll
  for (int i = 0; i < kPlaces; ++i) {
    const int x = first_x + column + i * kPlaceStep;
    if (x >= window.positions[2]) break;
    add_biases(biases, sums[i]);
    apply_epilogue(p.epilogue, {n, c, 0, y, x}, sums[i]);
    store_elements<kGroup>(sums[i], static_cast<Out*>(p.y) + n * p.y_strides.n +
                                        static_cast<long long>(y) * p.y_strides.y +
                                        static_cast<long long>(x) * p.y_strides.x + c);
  }
}

}  // namespace ingot::kernels
