// Bodies of Resize, compiled once per instruction set.
#pragma once

#include "runtime/cpu/kernels/resize_table.h"
#include "runtime/cpu/simd.h"

namespace ingot::INGOT_ISA_NAMESPACE {
namespace {

void pick(const float* x, const int32_t* index, float* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = x[index[i]];
}

void twice(const float* x, float* y, int64_t count) {
  int64_t i = 0;
#if defined(__AVX2__)
  const __m256i low = _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3);
  const __m256i high = _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7);
  for (; i + 8 <= count; i += 8) {
    const __m256 v = _mm256_loadu_ps(x + i);
    _mm256_storeu_ps(y + 2 * i, _mm256_permutevar8x32_ps(v, low));
    _mm256_storeu_ps(y + 2 * i + 8, _mm256_permutevar8x32_ps(v, high));
  }
#endif
  for (; i < count; ++i) y[2 * i] = y[2 * i + 1] = x[i];
}

void blend_neighbours(const float* x, [[maybe_unused]] int64_t length, const int32_t* index,
                      const float* weight, float* y, int64_t count) {
  int64_t i = 0;
#if defined(__AVX2__)
  // Where an axis grows, the sources of 8 elements lie within 8: two loads and two permutations.
  for (; length >= 9 && i + 8 <= count; i += 8) {
    const int64_t first = index[i] < length - 9 ? index[i] : length - 9;
    if (index[i + 7] - first > 7) break;
    const __m256i from =
        _mm256_sub_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(index + i)),
                         _mm256_set1_epi32(static_cast<int32_t>(first)));
    const __m256 a = _mm256_permutevar8x32_ps(_mm256_loadu_ps(x + first), from);
    const __m256 b = _mm256_permutevar8x32_ps(_mm256_loadu_ps(x + first + 1), from);
    _mm256_storeu_ps(y + i, _mm256_fmadd_ps(_mm256_sub_ps(b, a), _mm256_loadu_ps(weight + i), a));
  }
#endif
  for (; i < count; ++i) {
    const float a = x[index[i]], b = x[index[i] + 1];
    y[i] = a + (b - a) * weight[i];
  }
}

void blend_rows(const float* a, const float* b, float weight, float* y, int64_t count) {
  const VecF w = splat(weight);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const VecF x = load(a + i);
    store(y + i, fma(load(b + i) - x, w, x));
  }
  for (; i < count; ++i) y[i] = a[i] + (b[i] - a[i]) * weight;
}

void pick_pixels(const float* x, const int32_t* index, float* y, const PixelRow& row) {
  if (row.channels == 8) {
    for (int64_t i = 0; i < row.width; ++i) {
      __builtin_memcpy(y + i * row.y_pixel, x + index[i] * row.x_pixel, 8 * sizeof(float));
    }
    return;
  }
  for (int64_t i = 0; i < row.width; ++i) {
    __builtin_memcpy(y + i * row.y_pixel, x + index[i] * row.x_pixel,
                     static_cast<size_t>(row.channels) * sizeof(float));
  }
}

void blend_pixels(const float* top, const float* bottom, const int32_t* index, const float* across,
                  float down, float* y, const PixelRow& row) {
  const VecF wy = splat(down);
  for (int64_t i = 0; i < row.width; ++i) {
    const int64_t left = index[2 * i] * row.x_pixel, right = index[2 * i + 1] * row.x_pixel;
    const float *a = top + left, *b = top + right, *c = bottom + left, *d = bottom + right;
    float* to = y + i * row.y_pixel;
    const VecF wx = splat(across[i]);
    int64_t k = 0;
    for (; k + kLanes <= row.channels; k += kLanes) {
      const VecF va = load(a + k), vc = load(c + k);
      const VecF upper = fma(load(b + k) - va, wx, va);
      const VecF lower = fma(load(d + k) - vc, wx, vc);
      store(to + k, fma(lower - upper, wy, upper));
    }
    for (; k < row.channels; ++k) {
      const float upper = a[k] + (b[k] - a[k]) * across[i];
      const float lower = c[k] + (d[k] - c[k]) * across[i];
      to[k] = upper + (lower - upper) * down;
    }
  }
}

void blend_corners(const float* const corners[4], const float weights[4], float* y, int64_t count) {
  const float *a = corners[0], *b = corners[1], *c = corners[2], *d = corners[3];
  const VecF wa = splat(weights[0]), wb = splat(weights[1]);
  const VecF wc = splat(weights[2]), wd = splat(weights[3]);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const VecF top = fma(load(b + i), wb, load(a + i) * wa);
    store(y + i, fma(load(d + i), wd, fma(load(c + i), wc, top)));
  }
  for (; i < count; ++i) {
    y[i] = a[i] * weights[0] + b[i] * weights[1] + c[i] * weights[2] + d[i] * weights[3];
  }
}

}  // namespace

extern const ResizeTable resizes_table = {
    .pick = pick,
    .twice = twice,
    .blend_neighbours = blend_neighbours,
    .blend_rows = blend_rows,
    .pick_pixels = pick_pixels,
    .blend_pixels = blend_pixels,
    .blend_corners = blend_corners,
};

}  // namespace ingot::INGOT_ISA_NAMESPACE
