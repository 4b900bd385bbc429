// Bodies of softmax and normalisation over rows, compiled once per instruction set.
#pragma once

#include <cmath>

#include "runtime/cpu/kernels/row_table.h"
#include "runtime/cpu/simd_math.h"

namespace ingot::INGOT_ISA_NAMESPACE {
namespace {

/// Folds a row in four independent chains, then the chains; `filler` changes nothing.
template <typename Fold>
INGOT_INLINE VecF fold_row(const float* x, int64_t count, VecF start, Fold fold, float filler) {
  VecF a = start, b = start, c = start, d = start;
  int64_t i = 0;
  for (; i + 4 * kLanes <= count; i += 4 * kLanes) {
    a = fold(a, load(x + i));
    b = fold(b, load(x + i + kLanes));
    c = fold(c, load(x + i + 2 * kLanes));
    d = fold(d, load(x + i + 3 * kLanes));
  }
  for (; i + kLanes <= count; i += kLanes) a = fold(a, load(x + i));
  if (i < count) {
    b = fold(b, load_some_or(x + i, count - i, filler));
  }
  return fold(fold(a, b), fold(c, d));
}

INGOT_INLINE float row_maximum(const float* x, int64_t count) {
  return largest(
      fold_row(x, count, splat(-kInfinity), [](VecF a, VecF v) { return max(a, v); }, -kInfinity));
}

INGOT_INLINE float row_sum(const float* x, int64_t count) {
  return sum(fold_row(x, count, splat(0), [](VecF a, VecF v) { return a + v; }, 0));
}

/// y = exp(x - peak) and the sum of it.
INGOT_INLINE float exp_row(const float* x, float* y, int64_t count, float peak) {
  VecF total{}, other{};
  int64_t i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
    const VecF a = exp_normal(load(x + i) - peak), b = exp_normal(load(x + i + kLanes) - peak);
    store(y + i, a);
    store(y + i + kLanes, b);
    total += a;
    other += b;
  }
  for (; i + kLanes <= count; i += kLanes) {
    const VecF a = exp_normal(load(x + i) - peak);
    store(y + i, a);
    total += a;
  }
  float rest_total = 0;
  if (i < count) {
    const VecF a = exp_normal(load_some(x + i, count - i) - peak);
    store_some(y + i, a, count - i);
    for (int64_t k = 0; i + k < count; ++k) rest_total += a[k];
  }
  return sum(total + other) + rest_total;
}

void affine(const float* x, float* y, int64_t count, float scale, float bias) {
  const VecF a = splat(scale), b = splat(bias);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(y + i, fma(load(x + i), a, b));
  if (i < count) store_some(y + i, fma(load_some(x + i, count - i), a, b), count - i);
}

void softmax(const float* x, float* y, int64_t count, bool logarithm) {
  const float peak = row_maximum(x, count);
  if (!logarithm) {
    const float total = exp_row(x, y, count, peak);
    return affine(y, y, count, 1.0F / total, 0);
  }
  VecF total{};
  float rest = 0;
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) total += exp_normal(load(x + i) - peak);
  if (i < count) {
    const VecF a = exp_normal(load_some(x + i, count - i) - peak);
    for (int64_t k = 0; i + k < count; ++k) rest += a[k];
  }
  const float shift = ::logf(sum(total) + rest);
  // peak and shift are taken away one after the other: their sum would lose digits.
  for (i = 0; i + kLanes <= count; i += kLanes) store(y + i, (load(x + i) - peak) - shift);
  if (i < count) store_some(y + i, (load_some(x + i, count - i) - peak) - shift, count - i);
}

/// kVectors vectors of columns; `width` columns of the last one count where kSome.
template <int kVectors, bool kSome>
INGOT_INLINE void softmax_strip(const float* x, int64_t x_stride, float* y, int64_t y_stride,
                                int64_t count, bool logarithm, int64_t width) {
  const auto get = [&](const float* p, int v) {
    if constexpr (kSome)
      return load_some(p + v * kLanes, width);
    else
      return load(p + v * kLanes);
  };
  const auto put = [&](float* p, int v, VecF value) {
    if constexpr (kSome)
      store_some(p + v * kLanes, value, width);
    else
      store(p + v * kLanes, value);
  };
  VecF peak[kVectors], total[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    peak[v] = splat(-kInfinity);
    total[v] = splat(0);
  }
  for (int64_t k = 0; k < count; ++k) {
    for (int v = 0; v < kVectors; ++v) peak[v] = max(peak[v], get(x + k * x_stride, v));
  }
  for (int64_t k = 0; k < count; ++k) {
    for (int v = 0; v < kVectors; ++v) {
      const VecF e = exp_normal(get(x + k * x_stride, v) - peak[v]);
      if (!logarithm) put(y + k * y_stride, v, e);
      total[v] += e;
    }
  }
  for (int v = 0; v < kVectors; ++v) total[v] = logarithm ? log(total[v]) : 1.0F / total[v];
  for (int64_t k = 0; k < count; ++k) {
    for (int v = 0; v < kVectors; ++v) {
      const VecF value = logarithm ? (get(x + k * x_stride, v) - peak[v]) - total[v]
                                   : get(y + k * y_stride, v) * total[v];
      put(y + k * y_stride, v, value);
    }
  }
}

void softmax_columns(const float* x, int64_t x_stride, float* y, int64_t y_stride, int64_t count,
                     int64_t columns, bool logarithm) {
  int64_t i = 0;
  for (; i + 4 * kLanes <= columns; i += 4 * kLanes) {
    softmax_strip<4, false>(x + i, x_stride, y + i, y_stride, count, logarithm, 0);
  }
  for (; i + kLanes <= columns; i += kLanes) {
    softmax_strip<1, false>(x + i, x_stride, y + i, y_stride, count, logarithm, 0);
  }
  if (i < columns) {
    softmax_strip<1, true>(x + i, x_stride, y + i, y_stride, count, logarithm, columns - i);
  }
}

Moments2 moments(const float* x, int64_t count) {
  const auto n = static_cast<float>(count);
  const float mean = row_sum(x, count) / n;
  const VecF m = splat(mean);
  const auto squares = [m](VecF a, VecF v) { return fma(v - m, v - m, a); };
  VecF a{}, b{}, c{}, d{};
  int64_t i = 0;
  for (; i + 4 * kLanes <= count; i += 4 * kLanes) {
    a = squares(a, load(x + i));
    b = squares(b, load(x + i + kLanes));
    c = squares(c, load(x + i + 2 * kLanes));
    d = squares(d, load(x + i + 3 * kLanes));
  }
  for (; i + kLanes <= count; i += kLanes) a = squares(a, load(x + i));
  float total = sum((a + b) + (c + d));
  for (; i < count; ++i) total += (x[i] - mean) * (x[i] - mean);
  return {mean, total / n};
}

float mean_square(const float* x, int64_t count) {
  VecF a{}, b{}, c{}, d{};
  int64_t i = 0;
  for (; i + 4 * kLanes <= count; i += 4 * kLanes) {
    a = fma(load(x + i), load(x + i), a);
    b = fma(load(x + i + kLanes), load(x + i + kLanes), b);
    c = fma(load(x + i + 2 * kLanes), load(x + i + 2 * kLanes), c);
    d = fma(load(x + i + 3 * kLanes), load(x + i + 3 * kLanes), d);
  }
  float total = sum((a + b) + (c + d));
  for (; i < count; ++i) total += x[i] * x[i];
  return total / static_cast<float>(count);
}

template <bool kScale, bool kBias>
INGOT_INLINE void normalize_row(const float* x, float* y, int64_t count, float mean, float factor,
                                const float* scale, const float* bias) {
  const VecF m = splat(mean), f = splat(factor);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    VecF value = (load(x + i) - m) * f;
    if constexpr (kScale && kBias)
      value = fma(value, load(scale + i), load(bias + i));
    else if constexpr (kScale)
      value = value * load(scale + i);
    store(y + i, value);
  }
  for (; i < count; ++i) {
    float value = (x[i] - mean) * factor;
    if constexpr (kScale) value *= scale[i];
    if constexpr (kBias) value += bias[i];
    y[i] = value;
  }
}

void normalize(const float* x, float* y, int64_t count, float mean, float factor,
               const float* scale, const float* bias) {
  if (scale && bias)
    normalize_row<true, true>(x, y, count, mean, factor, scale, bias);
  else if (scale)
    normalize_row<true, false>(x, y, count, mean, factor, scale, bias);
  else
    normalize_row<false, false>(x, y, count, mean, factor, scale, bias);
}

}  // namespace

extern const RowTable rows_table = {
    .softmax = softmax,
    .softmax_columns = softmax_columns,
    .moments = moments,
    .mean_square = mean_square,
    .normalize = normalize,
    .affine = affine,
};

}  // namespace ingot::INGOT_ISA_NAMESPACE
