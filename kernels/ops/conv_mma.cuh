// Convolution of NHWC images on tensor cores as a matrix product whose first operand is read from
// the image where its patches lie, with any epilogue.
//
// The preamble defines: Element (half_t, bfloat16_t, float for TF32, or signed or unsigned char, whose
// filters are signed), Out, kLines (rows of taps are one line: for few channels), kPadded (the
// image's padding is not 0), kTileRows, kTileColumns, kWarpRows, kWarpColumns, kWarpSplits, kStages, and what
// block/matrix_epilogue.cuh asks for.
#include "kernels/block/matrix_epilogue.cuh"
#include "kernels/block/mma_block.cuh"
#include "kernels/common/divide.cuh"
#include "kernels/params/conv_mma.h"

namespace ingot::kernels {

constexpr int kThreads = 32 * kWarpRows * kWarpColumns * kWarpSplits;
constexpr int kDepth = kMatrixDepthBytes / static_cast<int>(sizeof(Element));
using ATile = OperandTile<Element, true, kTileRows, kDepth>;
using BTile = OperandTile<Element, true, kTileColumns, kDepth>;
// A thread loads one piece of each of these rows of the tile.
constexpr int kRowStep = kThreads / ATile::kChunks;
constexpr int kLoads = (kTileRows + kRowStep - 1) / kRowStep;
// Large tiles take the registers that they need; of small ones four blocks fit on a multiprocessor.
constexpr int kMinBlocks = (kTileRows * kTileColumns > 64 * 64 ? 256 : 512) / kThreads;
constexpr int kNowhere = -(1 << 28);

/// Where this thread's piece of the inner dimension is: at which tap, at which of its channels.
struct Tap {
  int down = 0, across = 0, channel;

  __device__ Tap(int chunk, const ConvMmaParams& p) : channel(chunk * kPerChunk<Element>) {
    settle(p);
  }
  __device__ void advance(const ConvMmaParams& p) {
    channel += kDepth;
    settle(p);
  }
  __device__ void settle(const ConvMmaParams& p) {
    while (channel >= p.channels) {
      channel -= p.channels;
      if (++across == p.taps_across) {
        across = 0;
        ++down;
      }
    }
  }
};

template <typename T>
__device__ inline T padding_element(unsigned padding) {
  if constexpr (kPadded) {
    return static_cast<T>(padding & 0xffU);
  } else {
    return T{};
  }
}

extern "C" __global__ void __launch_bounds__(kThreads, kMinBlocks) conv_mma(const ConvMmaParams p) {
  const int tiles = p.row_tiles * p.column_tiles;
  const int product = static_cast<int>(blockIdx.x) / tiles;
  const BatchIndex batch(product, p.out);
  const int tile = static_cast<int>(blockIdx.x) % tiles;
  const int first_row = tile % p.row_tiles * kTileRows;
  const int first_column = tile / p.row_tiles * kTileColumns;
  const int inner = p.taps_down * p.taps_across * p.channels;
  const auto* w = static_cast<const Element*>(p.w) + static_cast<long long>(first_column) * inner;
  const auto* x = static_cast<const Element*>(p.x);
  const int columns = p.out.columns - first_column;

  const int local_row = static_cast<int>(threadIdx.x) / ATile::kChunks;
  const int chunk = static_cast<int>(threadIdx.x) % ATile::kChunks;
  // The image's pixel under the first tap, for each row.
  int down[kLoads], across[kLoads];
  int at[kLoads];
#pragma unroll
  for (int i = 0; i < kLoads; ++i) {
    const int row = first_row + local_row + i * kRowStep;
    down[i] = across[i] = kNowhere;
    at[i] = 0;
    if (row < p.out.rows && local_row + i * kRowStep < kTileRows) {
      unsigned pixel = static_cast<unsigned>(product) * static_cast<unsigned>(p.out.rows) +
                       static_cast<unsigned>(row);
      const unsigned image = divide(pixel, p.plane);
      pixel -= image * p.plane.divisor;
      const unsigned line = divide(pixel, p.row);
      down[i] = static_cast<int>(line) * p.stride_down - p.pad_down;
      across[i] = static_cast<int>(pixel - line * p.row.divisor) * p.stride_across - p.pad_across;
      at[i] = static_cast<int>(image) * p.x_image + down[i] * p.x_row + across[i] * p.x_pixel;
    }
  }
  Tap tap(chunk, p);
  const auto padding = padding_element<Element>(p.padding);

  const auto load_a = [&](const ATile& a_tile, int) {
    const int tap_down = tap.down * p.dilation_down, tap_across = tap.across * p.dilation_across;
    const int offset = tap_down * p.x_row + tap_across * p.x_pixel + tap.channel;
    const bool ended = tap.down >= p.taps_down;
#pragma unroll
    for (int i = 0; i < kLoads; ++i) {
      if (kTileRows % kRowStep != 0 && local_row + i * kRowStep >= kTileRows) continue;
      Element* to = a_tile.piece(local_row + i * kRowStep, chunk);
      const auto h = static_cast<unsigned>(down[i] + tap_down);
      bool inside = !ended && h < static_cast<unsigned>(p.height);
      if constexpr (kLines) {
        // Elements of the line that are in this row of the image.
        const int begin = across[i] * p.x_pixel + tap.channel, end = p.width * p.x_pixel;
#pragma unroll
        for (int e = 0; e < kPerChunk<Element>; ++e) {
          const bool there =
              inside && tap.channel + e < p.line && begin + e >= 0 && begin + e < end;
          to[e] = there ? x[at[i] + offset + e] : padding;
        }
      } else {
        inside = inside &&
                 static_cast<unsigned>(across[i] + tap_across) < static_cast<unsigned>(p.width);
        if (kPadded && !inside) {
          *reinterpret_cast<uint4*>(to) = uint4{p.padding, p.padding, p.padding, p.padding};
          continue;
        }
        load_chunk(to, x + (inside ? at[i] + offset : 0), 0, kPerChunk<Element>, p.x_aligned,
                   inside);
      }
    }
    tap.advance(p);
  };
  const auto load_b = [&](const BTile& b_tile, int block) {
    const int first = block * kDepth;
    b_tile.template load<kThreads>(w + first, inner, columns, inner - first, true);
  };
  const auto* sums =
      multiply_tiles<Element, ATile, BTile, kTileRows, kTileColumns, kWarpRows, kWarpColumns,
                     kWarpSplits, kStages, true>((inner + kDepth - 1) / kDepth, load_a, load_b);
  finish_tile<Out, kTileRows, kTileColumns, kWarpSplits, kThreads>(sums, p.out, batch, first_row,
                                                                   first_column);
}

}  // namespace ingot::kernels
