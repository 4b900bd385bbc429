// Bodies of depthwise convolution, compiled once per instruction set. A strip of output pixels by
// one vector of channels stays in registers; each input vector is loaded once per kernel row and
// feeds all pixels of the strip that it lies under.
#pragma once

#include <utility>

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

/// All results of a strip, with one question which activation it is.
template <int kCount>
INGOT_INLINE void activate(const DepthwiseRow& row, VecF (&x)[kCount]) {
  switch (row.activation) {
    case Activation::kNone:
      return;
    case Activation::kRelu:
#pragma GCC unroll 16
      for (int i = 0; i < kCount; ++i) x[i] = max(splat(0), x[i]);
      return;
    case Activation::kClip: {
      const VecF low = splat(row.low), high = splat(row.high);
#pragma GCC unroll 16
      for (int i = 0; i < kCount; ++i) x[i] = min(high, max(low, x[i]));
      return;
    }
    case Activation::kHardSwish:
#pragma GCC unroll 16
      for (int i = 0; i < kCount; ++i) x[i] = hard_swish(x[i]);
      return;
    case Activation::kSilu:
#pragma GCC unroll 16
      for (int i = 0; i < kCount; ++i) x[i] = x[i] * sigmoid(x[i]);
      return;
  }
}

template <bool kSome>
INGOT_INLINE void put(float* to, VecF value, int64_t count) {
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
  VecF result[1] = {total};
  activate(row, result);
  put<kSome>(row.y + pixel * row.y_pixel + channel, result[0], count);
}

/// kPixels pixels of a dense kernel of kWidth columns. Columns outside of the image are skipped
/// where kChecked.
template <int kWidth, int kStride, int kPixels, bool kChecked>
INGOT_INLINE void strip(const DepthwiseRow& row, Taps taps, int64_t pixel) {
  constexpr int kColumns = (kPixels - 1) * kStride + kWidth;
  const int64_t first = row.first_column + pixel * kStride;
  const int64_t x_pixel = row.x_pixel, y_pixel = row.y_pixel, weight_stride = row.weight_stride;
  const int64_t weight_row = kWidth * weight_stride;
  const int64_t line_step = row.dilation_height * row.x_row;
  const float* lines =
      row.x + (row.first_row + taps.begin * row.dilation_height) * row.x_row + first * x_pixel;
  const float* weights = row.weights + taps.begin * weight_row;
  float* y = row.y + pixel * y_pixel;
  for (int64_t channel = 0; channel < row.channels; channel += kLanes) {
    VecF total[kPixels];
    const VecF bias = row.bias ? load(row.bias + channel) : VecF{};
#pragma GCC unroll 16
    for (int p = 0; p < kPixels; ++p) total[p] = bias;
    const float* line = lines + channel;
    const float* weight = weights + channel;
    for (int ky = taps.begin; ky < taps.end; ++ky, line += line_step, weight += weight_row) {
      VecF w[kWidth];
#pragma GCC unroll 8
      for (int kx = 0; kx < kWidth; ++kx) w[kx] = load(weight + kx * weight_stride);
      const float* x = line;
#pragma GCC unroll 32
      for (int column = 0; column < kColumns; ++column, x += x_pixel) {
        if (kChecked && (first + column < 0 || first + column >= row.width)) continue;
        const VecF value = load(x);
#pragma GCC unroll 16
        for (int p = 0; p < kPixels; ++p) {
          const int kx = column - p * kStride;
          if (kx >= 0 && kx < kWidth) total[p] = fma(value, w[kx], total[p]);
        }
      }
    }
    activate(row, total);
#pragma GCC unroll 16
    for (int p = 0; p < kPixels; ++p) store(y + p * y_pixel + channel, total[p]);
  }
}

template <int kWidth, int kStride, int kPixels, bool kChecked>
void strip_function(const DepthwiseRow& row, Taps taps, int64_t pixel) {
  strip<kWidth, kStride, kPixels, kChecked>(row, taps, pixel);
}

/// The whole channels of a row, in strips of nearly equal length.
template <int kWidth, int kStride, int... kLess>
void dense_row(const DepthwiseRow& row, Taps taps, std::integer_sequence<int, kLess...>) {
  using Function = void (*)(const DepthwiseRow&, Taps, int64_t);
  static constexpr Function kInner[] = {strip_function<kWidth, kStride, kLess + 1, false>...};
  static constexpr Function kBorder[] = {strip_function<kWidth, kStride, kLess + 1, true>...};
  constexpr int64_t kMost = sizeof...(kLess);
  const int64_t strips = (row.out_width + kMost - 1) / kMost;
  for (int64_t i = 0; i < strips; ++i) {
    const int64_t begin = row.out_width * i / strips, end = row.out_width * (i + 1) / strips;
    const int64_t first = row.first_column + begin * kStride;
    const int64_t last = row.first_column + (end - 1) * kStride + kWidth;
    const bool inner = first >= 0 && last <= row.width;
    (inner ? kInner : kBorder)[end - begin - 1](row, taps, begin);
  }
}

/// Any kernel; and channels that fill no vector.
void any_row(const DepthwiseRow& row, Taps taps, int64_t first_channel) {
  for (int64_t pixel = 0; pixel < row.out_width; ++pixel) {
    int64_t channel = first_channel;
    for (; channel + kLanes <= row.channels; channel += kLanes) {
      any_pixel<false>(row, taps, pixel, channel, 0);
    }
    if (channel < row.channels) any_pixel<true>(row, taps, pixel, channel, row.channels - channel);
  }
}

void run(const DepthwiseRow& row) {
  const Taps taps = rows_inside(row);
  // Accumulators, weights and one input vector fill the registers.
  using Narrow = std::make_integer_sequence<int, INGOT_LANES == 16 ? 12 : 8>;
  using Wide = std::make_integer_sequence<int, INGOT_LANES == 16 ? 12 : 7>;
  DepthwiseRow whole = row;
  whole.channels = row.channels / kLanes * kLanes;
  const int kind = row.dilation_width == 1 && row.stride <= 2 && whole.channels > 0
                       ? row.kernel_width * 10 + row.stride
                       : 0;
  switch (kind) {
    case 31:
      dense_row<3, 1>(whole, taps, Narrow());
      break;
    case 32:
      dense_row<3, 2>(whole, taps, Narrow());
      break;
    case 51:
      dense_row<5, 1>(whole, taps, Wide());
      break;
    case 52:
      dense_row<5, 2>(whole, taps, Wide());
      break;
    default:
      return any_row(row, taps, 0);
  }
  if (whole.channels < row.channels) any_row(row, taps, whole.channels);
}

}  // namespace

extern const DepthwiseTable depthwise_table = {
    .run = run,
};

}  // namespace ingot::INGOT_ISA_NAMESPACE
