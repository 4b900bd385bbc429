// Bodies of depthwise convolution, compiled once per instruction set. A strip of output pixels by
// one vector of channels stays in registers; each input vector is loaded once per kernel row and
// feeds all pixels of the strip that it lies under.
#pragma once

#include "runtime/cpu/kernels/depthwise_table.h"
#include "runtime/cpu/simd_math.h"

namespace ingot::INGOT_ISA_NAMESPACE {
namespace {

/// A whole vector of channels, or the first `count`.
template <bool kSome>
INGOT_INLINE VecF channels_at(const float* p, int64_t count) {
  if constexpr (kSome)
    return load_some(p, count);
  else
    return load(p);
}

INGOT_INLINE VecF activate(const DepthwiseRow& row, VecF x) {
  switch (row.activation) {
    case Activation::kRelu:
      return max(splat(0), x);
    case Activation::kClip:
      return min(splat(row.high), max(splat(row.low), x));
    case Activation::kHardSwish:
      return hard_swish(x);
    case Activation::kSilu:
      return x * sigmoid(x);
    case Activation::kNone:
      break;
  }
  return x;
}

template <bool kSome>
INGOT_INLINE void put(const DepthwiseRow& row, float* to, VecF value, int64_t count) {
  value = activate(row, value);
  if constexpr (kSome)
    store_some(to, value, count);
  else
    store(to, value);
}

/// The rows of the kernel that lie within the image.
struct Taps {
  int begin, end;
};
INGOT_INLINE Taps rows_inside(const DepthwiseRow& row) {
  Taps taps{0, row.kernel_height};
  while (taps.begin < taps.end && row.first_row + taps.begin * row.dilation_height < 0) {
    ++taps.begin;
  }
  while (taps.end > taps.begin &&
         row.first_row + (taps.end - 1) * row.dilation_height >= row.height) {
    --taps.end;
  }
  return taps;
}

/// One pixel with any kernel, columns checked.
template <bool kSome>
INGOT_INLINE void any_pixel(const DepthwiseRow& row, Taps taps, int64_t pixel, int64_t channel,
                            int64_t count) {
  VecF total = row.bias ? channels_at<kSome>(row.bias + channel, count) : VecF{};
  const int64_t first = row.first_column + pixel * row.stride;
  for (int ky = taps.begin; ky < taps.end; ++ky) {
    const float* line = row.x + (row.first_row + ky * row.dilation_height) * row.x_row + channel;
    for (int kx = 0; kx < row.kernel_width; ++kx) {
      const int64_t column = first + kx * row.dilation_width;
      if (column < 0 || column >= row.width) continue;
      const float* w = row.weights + (ky * row.kernel_width + kx) * row.weight_stride + channel;
      total = fma(channels_at<kSome>(line + column * row.x_pixel, count),
                  channels_at<kSome>(w, count), total);
    }
  }
  put<kSome>(row, row.y + pixel * row.y_pixel + channel, total, count);
}

/// kPixels pixels with a dense kernel of kWidth columns, all columns within the image.
template <int kWidth, int kStride, int kPixels, bool kSome>
INGOT_INLINE void strip(const DepthwiseRow& row, Taps taps, int64_t pixel, int64_t channel,
                        int64_t count) {
  constexpr int kColumns = (kPixels - 1) * kStride + kWidth;
  VecF total[kPixels];
  const VecF bias = row.bias ? channels_at<kSome>(row.bias + channel, count) : VecF{};
#pragma GCC unroll 16
  for (int p = 0; p < kPixels; ++p) total[p] = bias;
  const float* x = row.x + (row.first_column + pixel * kStride) * row.x_pixel + channel;
  for (int ky = taps.begin; ky < taps.end; ++ky) {
    const float* line = x + (row.first_row + ky * row.dilation_height) * row.x_row;
    VecF w[kWidth];
#pragma GCC unroll 8
    for (int kx = 0; kx < kWidth; ++kx) {
      w[kx] =
          channels_at<kSome>(row.weights + (ky * kWidth + kx) * row.weight_stride + channel, count);
    }
#pragma GCC unroll 24
    for (int column = 0; column < kColumns; ++column) {
      const VecF value = channels_at<kSome>(line + column * row.x_pixel, count);
#pragma GCC unroll 16
      for (int p = 0; p < kPixels; ++p) {
        const int kx = column - p * kStride;
        if (kx >= 0 && kx < kWidth) total[p] = fma(value, w[kx], total[p]);
      }
    }
  }
#pragma GCC unroll 16
  for (int p = 0; p < kPixels; ++p) {
    put<kSome>(row, row.y + (pixel + p) * row.y_pixel + channel, total[p], count);
  }
}

/// Pixels `begin` to `end`, whose columns all lie within the image.
template <int kWidth, int kStride>
INGOT_INLINE void inner_pixels(const DepthwiseRow& row, Taps taps, int64_t begin, int64_t end) {
  // Accumulators, weights and one input vector fill the registers of AVX2.
  constexpr int kPixels = INGOT_LANES == 16 ? 12 : kWidth == 3 ? 8 : 6;
  const int64_t whole = row.channels / kLanes * kLanes;
  while (begin < end) {
    const int64_t left = end - begin;
    const int64_t taken = left >= kPixels ? kPixels : left >= 4 ? 4 : left >= 2 ? 2 : 1;
    for (int64_t channel = 0; channel < row.channels; channel += kLanes) {
      if (channel >= whole) {
        for (int64_t p = 0; p < taken; ++p) {
          strip<kWidth, kStride, 1, true>(row, taps, begin + p, channel, row.channels - channel);
        }
      } else if (taken == kPixels) {
        strip<kWidth, kStride, kPixels, false>(row, taps, begin, channel, 0);
      } else if (taken == 4) {
        strip<kWidth, kStride, 4, false>(row, taps, begin, channel, 0);
      } else if (taken == 2) {
        strip<kWidth, kStride, 2, false>(row, taps, begin, channel, 0);
      } else {
        strip<kWidth, kStride, 1, false>(row, taps, begin, channel, 0);
      }
    }
    begin += taken;
  }
}

void any_pixels(const DepthwiseRow& row, Taps taps, int64_t begin, int64_t end) {
  for (int64_t pixel = begin; pixel < end; ++pixel) {
    int64_t channel = 0;
    for (; channel + kLanes <= row.channels; channel += kLanes) {
      any_pixel<false>(row, taps, pixel, channel, 0);
    }
    if (channel < row.channels) any_pixel<true>(row, taps, pixel, channel, row.channels - channel);
  }
}

void run(const DepthwiseRow& row) {
  const Taps taps = rows_inside(row);
  const int span = (row.kernel_width - 1) * row.dilation_width + 1;
  // Output pixels whose columns all lie within the image.
  int64_t begin = row.first_column < 0 ? (-row.first_column + row.stride - 1) / row.stride : 0;
  int64_t end = row.width - span - row.first_column;
  end = end < 0 ? 0 : end / row.stride + 1;
  if (end > row.out_width) end = row.out_width;
  if (begin > end) begin = end;
  any_pixels(row, taps, 0, begin);
  const int width = row.dilation_width == 1 ? row.kernel_width : 0;
  if (width == 3 && row.stride == 1)
    inner_pixels<3, 1>(row, taps, begin, end);
  else if (width == 3 && row.stride == 2)
    inner_pixels<3, 2>(row, taps, begin, end);
  else if (width == 5 && row.stride == 1)
    inner_pixels<5, 1>(row, taps, begin, end);
  else if (width == 5 && row.stride == 2)
    inner_pixels<5, 2>(row, taps, begin, end);
  else
    any_pixels(row, taps, begin, end);
  any_pixels(row, taps, end, row.out_width);
}

}  // namespace

extern const DepthwiseTable depthwise_table = {
    .run = run,
};

}  // namespace ingot::INGOT_ISA_NAMESPACE
