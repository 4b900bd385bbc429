// Convolution of NHWC images on tensor cores as a matrix product whose first operand is read from
// the image where its patches lie, with any epilogue.
//
// The preamble defines: Element (half_t, bfloat16_t, float for TF32, float8_t, or signed or unsigned
// char, whose filters are signed), Out, kLines (rows of taps are one line: for few channels), kPadded
// (the image's padding is not 0), and what block/mma_block.cuh and block/matrix_epilogue.cuh ask for.
#include "kernels/block/matrix_epilogue.cuh"
#include "kernels/block/mma_block.cuh"
#include "kernels/common/divide.cuh"
#include "kernels/params/conv_mma.h"

namespace ingot::kernels {

constexpr int kDepth = kDepthBytes / static_cast<int>(sizeof(Element));
using ATile = OperandTile<Element, true, kTileRows, kDepth>;
using BTile = OperandTile<Element, true, kTileColumns, kDepth>;

template <typename T>
__device__ inline T padding_element(unsigned padding) {
  if constexpr (kPadded) {
    return static_cast<T>(padding & 0xffU);
  } else {
    return T{};
  }
}

/// Copies the patches under the taps, one tile after another. Which taps of a row fall outside of
/// the image is worked out once: bits for the taps across, then for those down, then for the end.
class PatchLoader {
  using Pieces = ThreadPieces<ATile, kTileThreads>;

 public:
  __device__ PatchLoader(const ConvMmaParams& p, int product, int first_row)
      : p_(p), x_(static_cast<const Element*>(p.x)), channel_(pieces_.chunk * kPerPiece<Element>) {
#pragma unroll
    for (int i = 0; i < Pieces::kCount; ++i) {
      const int row = first_row + pieces_.line + i * Pieces::kLineStep;
      at_[i] = begin_[i] = 0;
      outside_[i] = ~0U;
      if (row >= p.out.rows || !pieces_.has(i)) continue;
      unsigned pixel = static_cast<unsigned>(product) * static_cast<unsigned>(p.out.rows) +
                       static_cast<unsigned>(row);
      const unsigned image = divide(pixel, p.plane);
      pixel -= image * p.plane.divisor;
      const unsigned line = divide(pixel, p.row);
      const int down = static_cast<int>(line) * p.stride_down - p.pad_down;
      const int across =
          static_cast<int>(pixel - line * p.row.divisor) * p.stride_across - p.pad_across;
      at_[i] = static_cast<int>(image) * p.x_image + down * p.x_row + across * p.x_pixel;
      begin_[i] = across * p.x_pixel;
      outside_[i] = 1U << (p.taps_across + p.taps_down);
      if constexpr (!kLines) mark(i, across, p.dilation_across, p.taps_across, p.width, 0);
      mark(i, down, p.dilation_down, p.taps_down, p.height, p.taps_across);
    }
    settle();
  }

  __device__ void start(int at) {
    const int offset =
        down_ * p_.dilation_down * p_.x_row + across_ * p_.dilation_across * p_.x_pixel + channel_;
    const unsigned taps = 1U << across_ | 1U << (p_.taps_across + down_);
    if (!kLines && p_.x_aligned) {
#pragma unroll
      for (int i = 0; i < Pieces::kCount; ++i) {
        if (!pieces_.has(i)) continue;
        const bool inside = (outside_[i] & taps) == 0;
        if (kPadded && !inside) {
          const unsigned padding = p_.padding;
          *reinterpret_cast<uint4*>(
              dynamic_shared_memory() + at +
              ATile::offset(pieces_.line + i * Pieces::kLineStep, pieces_.chunk)) =
              uint4{padding, padding, padding, padding};
          continue;
        }
        cp_async_16(pieces_.to + (at + i * Pieces::kStepBytes), x_ + (at_[i] + offset), inside);
      }
    } else {
      copy_elements(at, offset, taps);
    }
    channel_ += kDepth;
    settle();
  }

 private:
  __device__ void mark(int i, int first, int step, int taps, int size, int bit) {
#pragma unroll 1
    for (int tap = 0; tap < taps; ++tap, first += step) {
      if (static_cast<unsigned>(first) >= static_cast<unsigned>(size)) {
        outside_[i] |= 1U << (bit + tap);
      }
    }
  }
  __device__ void settle() {
    while (channel_ >= p_.channels && down_ < p_.taps_down) {
      channel_ -= p_.channels;
      if (++across_ == p_.taps_across) {
        across_ = 0;
        ++down_;
      }
    }
  }
  __device__ void copy_elements(int at, int offset, unsigned taps) const {
    unsigned char* tile = dynamic_shared_memory() + at;
    const int end = p_.width * p_.x_pixel;
    const auto padding = padding_element<Element>(p_.padding);
#pragma unroll
    for (int i = 0; i < Pieces::kCount; ++i) {
      if (!pieces_.has(i)) continue;
      auto* to = reinterpret_cast<Element*>(
          tile + ATile::offset(pieces_.line + i * Pieces::kLineStep, pieces_.chunk));
      const bool inside = (outside_[i] & taps) == 0;
#pragma unroll(kLines ? kPerPiece<Element> : 1)
      for (int e = 0; e < kPerPiece<Element>; ++e) {
        bool there = inside;
        if constexpr (kLines) {  // in the line of the filter, and in the row of the image
          const int column = begin_[i] + channel_ + e;
          there = there && channel_ + e < p_.line && column >= 0 && column < end;
        }
        to[e] = there ? x_[at_[i] + offset + e] : padding;
      }
    }
  }

  const ConvMmaParams& p_;
  Pieces pieces_;
  const Element* x_;
  int channel_, down_ = 0,
                across_ = 0;  // where this thread's piece of the inner dimension is
  int at_[Pieces::kCount], begin_[Pieces::kCount];  // the image's pixel under the first tap
  unsigned outside_[Pieces::kCount];
};

extern "C" __global__ void __launch_bounds__(kTileThreads, kMinBlocks)
    conv_mma(const ConvMmaParams p) {
  const int tiles = p.row_tiles * p.column_tiles;
  const int product = static_cast<int>(blockIdx.x) / tiles;
  const BatchIndex batch(product, p.out);
  const int tile = static_cast<int>(blockIdx.x) - product * tiles;
  const int row_tile = tile / p.column_tiles;
  const int first_row = row_tile * kTileRows;
  const int first_column = (tile - row_tile * p.column_tiles) * kTileColumns;
  const int inner = p.taps_down * p.taps_across * p.channels;
  TileLoader<BTile, kTileThreads> w(
      static_cast<const Element*>(p.w) + static_cast<long long>(first_column) * inner, inner,
      p.out.columns - first_column, inner, true);
  PatchLoader x(p, product, first_row);
  const TileEnd<kTileRows, kTileColumns, kWarpSplits, kTileThreads> end(p.out, first_column);
  const auto* sums = multiply_tiles<ATile, BTile, true>((inner + kDepth - 1) / kDepth, x, w);
  end.finish<Out>(sums, p.out, batch, first_row);
}

}  // namespace ingot::kernels
