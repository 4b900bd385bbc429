// Bodies of the Winograd transforms, compiled once per instruction set.
//
// The points are 0, +-sqrt(1/2), +-sqrt(2) and infinity: with them results are rounded about five
// times as much as those of a direct sum, with the usual 0, +-1, +-2 about ten to forty times.
#pragma once

#include "runtime/cpu/kernels/winograd_table.h"
#include "runtime/cpu/simd_math.h"

namespace ingot::INGOT_ISA_NAMESPACE {
namespace {

constexpr double kP = 0.70710678118654752440, kQ = 1.41421356237309504880;
constexpr auto kp = static_cast<float>(kP), kq = static_cast<float>(kQ);
constexpr int kTile = kWinogradTile, kResult = kWinogradResult;

/// Six values of a line of pixels, `step` vectors apart, to the six points.
INGOT_INLINE void to_points(const VecF* d, int step, VecF* to) {
  const VecF d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step],
             d5 = d[5 * step];
  // p^2 = 1/2, q^2 = 2, p^2 q^2 = 1, p^2 + q^2 = 5/2.
  const VecF even_p = fma(d2, splat(-2), d4), odd_p = fma(d1, splat(-2), d3) * kp;
  const VecF even_q = fma(d2, splat(-0.5F), d4), odd_q = fma(d1, splat(-0.5F), d3) * kq;
  to[0] = fma(d2, splat(-2.5F), d0 + d4);
  to[1] = even_p + odd_p;
  to[2] = even_p - odd_p;
  to[3] = even_q + odd_q;
  to[4] = even_q - odd_q;
  to[5] = fma(d3, splat(-2.5F), d1 + d5);
}

/// Six points, `step` vectors apart, to four results.
INGOT_INLINE void to_results(const VecF* m, int step, VecF* to) {
  const VecF sum_p = m[step] + m[2 * step], odd_p = (m[step] - m[2 * step]) * kp;
  const VecF sum_q = m[3 * step] + m[4 * step], odd_q = (m[3 * step] - m[4 * step]) * kq;
  to[0] = m[0] + sum_p + sum_q;
  to[1] = odd_p + odd_q;
  to[2] = fma(sum_p, splat(0.5F), sum_q * 2.0F);
  to[3] = fma(odd_p, splat(0.5F), fma(odd_q, splat(2), m[5 * step]));
}

template <bool kWhole>
INGOT_INLINE VecF pixel(const float* from, int64_t count) {
  if constexpr (kWhole)
    return load(from);
  else
    return load_some(from, count);
}

template <bool kInside, bool kWhole>
INGOT_INLINE void transform(const WinogradInput& t, int64_t channel) {
  VecF half[kTile][kTile];  // [point of the column][column]
  const int64_t count = t.channels - channel;
  for (int column = 0; column < kTile; ++column) {
    VecF line[kTile] = {}, points[kTile];
    if (kInside || (column >= t.first_column && column < t.end_column)) {
      const float* from = t.x + column * t.x_pixel + channel / kLanes * t.x_channels;
#pragma GCC unroll 6
      for (int row = 0; row < kTile; ++row) {
        if (kInside || (row >= t.first_row && row < t.end_row)) {
          line[row] = pixel<kWhole>(from + row * t.x_row, count);
        }
      }
    }
    to_points(line, 1, points);
#pragma GCC unroll 6
    for (int i = 0; i < kTile; ++i) half[i][column] = points[i];
  }
  float* v = t.v + channel;
  for (int i = 0; i < kTile; ++i) {
    VecF points[kTile];
    to_points(half[i], 1, points);
#pragma GCC unroll 6
    for (int j = 0; j < kTile; ++j) store(v + (i * kTile + j) * t.v_step, points[j]);
  }
}

template <bool kInside>
void transform_tile(const WinogradInput& t) {
  int64_t channel = 0;
  for (; channel + kLanes <= t.channels; channel += kLanes) transform<kInside, true>(t, channel);
  if (channel < t.channels) transform<kInside, false>(t, channel);
}

void transform_input(const WinogradInput& t) {
  const bool inside =
      t.first_row == 0 && t.first_column == 0 && t.end_row == kTile && t.end_column == kTile;
  if (inside) {
    transform_tile<true>(t);
  } else {
    transform_tile<false>(t);
  }
}

template <Activation kActivation>
INGOT_INLINE VecF activated(VecF x) {
  if constexpr (kActivation == Activation::kSilu) return x * sigmoid(x);
  if constexpr (kActivation == Activation::kHardSwish) return hard_swish(x);
  return x;
}

template <Activation kActivation, bool kWhole>
INGOT_INLINE void results(const WinogradOutput& t, int64_t channel) {
  VecF half[kResult][kTile];  // [row of results][point]
  const float* m = t.m + channel;
  for (int j = 0; j < kTile; ++j) {
    VecF points[kTile], lines[kResult];
#pragma GCC unroll 6
    for (int i = 0; i < kTile; ++i) points[i] = load(m + (i * kTile + j) * t.m_step);
    to_results(points, 1, lines);
#pragma GCC unroll 4
    for (int i = 0; i < kResult; ++i) half[i][j] = lines[i];
  }
  const int64_t count = t.channels - channel;
  const VecF bias = load(t.bias + channel), factor = splat(t.factor);
  const VecF low = splat(t.low), high = splat(t.high);
  for (int row = 0; row < t.rows; ++row) {
    VecF line[kResult];
    to_results(half[row], 1, line);
    float* y = t.y + row * t.y_row + channel / kLanes * t.y_channels;
    const float* residual = t.residual;
    if (residual != nullptr) {
      residual += row * t.residual_row + channel / kLanes * t.residual_channels;
    }
#pragma GCC unroll 4
    for (int column = 0; column < kResult; ++column) {
      if (column >= t.columns) break;
      VecF x = activated<kActivation>(line[column] + bias);
      if (residual != nullptr) {
        x = fma(pixel<kWhole>(residual + column * t.residual_pixel, count), factor, x);
      }
      if (t.limited) x = min(high, max(low, x));  // NaN stays
      if constexpr (kWhole)
        store(y + column * t.y_pixel, x);
      else
        store_some(y + column * t.y_pixel, x, count);
    }
  }
}

template <Activation kActivation>
void result_tile(const WinogradOutput& t) {
  int64_t channel = 0;
  for (; channel + kLanes <= t.channels; channel += kLanes) results<kActivation, true>(t, channel);
  if (channel < t.channels) results<kActivation, false>(t, channel);
}

void transform_output(const WinogradOutput& t) {
  switch (t.activation) {
    case Activation::kSilu:
      return result_tile<Activation::kSilu>(t);
    case Activation::kHardSwish:
      return result_tile<Activation::kHardSwish>(t);
    default:
      return result_tile<Activation::kNone>(t);
  }
}

/// In double: the weights are transformed once, and their rounding would be in every result.
void transform_weights(const float* w, float* u) {
  constexpr double kAtP = 2 * kP * kP * (kP * kP - kQ * kQ),
                   kAtQ = 2 * kQ * kQ * (kQ * kQ - kP * kP);
  constexpr double kG[kTile][3] = {{1, 0, 0},
                                   {1 / kAtP, kP / kAtP, kP * kP / kAtP},
                                   {1 / kAtP, -kP / kAtP, kP * kP / kAtP},
                                   {1 / kAtQ, kQ / kAtQ, kQ * kQ / kAtQ},
                                   {1 / kAtQ, -kQ / kAtQ, kQ * kQ / kAtQ},
                                   {0, 0, 1}};
  for (int i = 0; i < kTile; ++i) {
    double half[3] = {};
    for (int column = 0; column < 3; ++column) {
      for (int row = 0; row < 3; ++row)
        half[column] += kG[i][row] * static_cast<double>(w[row * 3 + column]);
    }
    for (int j = 0; j < kTile; ++j) {
      u[i * kTile + j] =
          static_cast<float>(kG[j][0] * half[0] + kG[j][1] * half[1] + kG[j][2] * half[2]);
    }
  }
}

}  // namespace

extern const WinogradTable winograd_table = {
    .lanes = kLanes,
    .input = transform_input,
    .output = transform_output,
    .weights = transform_weights,
};

}  // namespace ingot::INGOT_ISA_NAMESPACE
