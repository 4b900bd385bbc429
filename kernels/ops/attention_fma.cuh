// Attention in float without tensor cores: softmax(Q K^T * scale + mask) V with the softmax taken
// online. A block of threads owns 32 queries of one head and goes over the keys 32 at a time; a
// thread has 2 queries x 4 keys of the scores, and 2 queries x kValueSize / 8 of the results.
//
// The preamble defines: Element (a float type), Mask (a float type, or unsigned char for a mask of
// bools), kMasked, kHeadSize (a multiple of 4) and kValueSize (of 32).
#include "kernels/common/attention_mask.cuh"
#include "kernels/common/shared.cuh"
#include "kernels/common/vector.cuh"
#include "kernels/params/attention.h"
#include "kernels/ptx/exp2.cuh"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

constexpr int kThreads = 128, kRows = kPlainAttentionRows, kKeys = kPlainAttentionRows;
constexpr int kKeyPitch = kHeadSize + 4, kValuePitch = kValueSize + 4, kScorePitch = kKeys + 4;
constexpr int kValueParts = kValueSize / 32;
constexpr float kLog2E = 1.4426950408889634F;

/// 32 rows of kWidth floats, zeros beyond the rows and their ends.
template <int kWidth>
__device__ inline void load_rows(float* to, const Element* from, long long stride, int valid,
                                 int length, bool aligned) {
  constexpr int kParts = kWidth / 4;
  for (int i = static_cast<int>(threadIdx.x); i < kRows * kParts; i += kThreads) {
    const int row = i / kParts, first = i % kParts * 4;
    float values[4] = {};
    if (row < valid) {
      const Element* line = from + row * stride + first;
      if (aligned) {
        if (first < length) load_vector<4>(line, values);
      } else {
#pragma unroll
        for (int j = 0; j < 4; ++j) {
          if (first + j < length) values[j] = to_float(line[j]);
        }
      }
    }
    store_vector<4>(values, to + row * (kWidth + 4) + first);
  }
}

/// Maximum or sum of the eight lanes that hold one row of scores.
__device__ inline float row_max(float x) {
#pragma unroll
  for (int step = 1; step < 8; step *= 2) x = fmaxf(x, __shfl_xor_sync(~0U, x, step));
  return x;
}
__device__ inline float row_sum(float x) {
#pragma unroll
  for (int step = 1; step < 8; step *= 2) x += __shfl_xor_sync(~0U, x, step);
  return x;
}

extern "C" __global__ void __launch_bounds__(kThreads) attention_fma(const AttentionParams p) {
  auto* const shared_q = reinterpret_cast<float*>(dynamic_shared_memory());
  float* const shared_k = shared_q + kRows * kKeyPitch;
  float* const shared_v = shared_k + kKeys * kKeyPitch;
  float* const shared_p = shared_v + kKeys * kValuePitch;
  const int lane = static_cast<int>(threadIdx.x) % 8, row = static_cast<int>(threadIdx.x) / 8;

  const int tile = static_cast<int>(blockIdx.x) % p.query_tiles;
  const int pair = static_cast<int>(blockIdx.x) / p.query_tiles;
  const int head = pair % p.heads, batch = pair / p.heads, group = head / p.heads_per_group;
  const int first_query = tile * kRows;
  const auto* q = static_cast<const Element*>(p.q) + batch * p.q_strides.batch +
                  head * p.q_strides.head + first_query * p.q_strides.row;
  const auto* k =
      static_cast<const Element*>(p.k) + batch * p.k_strides.batch + group * p.k_strides.head;
  const auto* v =
      static_cast<const Element*>(p.v) + batch * p.v_strides.batch + group * p.v_strides.head;
  auto* y = static_cast<Element*>(p.y) + batch * p.y_strides.batch + head * p.y_strides.head;
  const auto* mask =
      static_cast<const Mask*>(p.mask) + batch * p.mask_strides.batch + head * p.mask_strides.head;
  int keys = p.keys;  // the last that any of these queries sees
  if (p.causal && first_query + kRows < keys) keys = first_query + kRows;

  wait_for_previous_grid();
  release_next_grid();
  load_rows<kHeadSize>(shared_q, q, p.q_strides.row, p.queries - first_query, p.head_size,
                       p.q_aligned);
  float out[2][kValueParts][4] = {};
  float peak[2] = {minus_infinity(), minus_infinity()}, sum[2] = {0, 0};
  for (int first_key = 0; first_key < keys; first_key += kKeys) {
    __syncthreads();
    load_rows<kHeadSize>(shared_k, k + first_key * p.k_strides.row, p.k_strides.row,
                         p.keys - first_key, p.head_size, p.k_aligned);
    load_rows<kValueSize>(shared_v, v + first_key * p.v_strides.row, p.v_strides.row,
                          p.keys - first_key, p.value_size, p.v_aligned);
    __syncthreads();
    float scores[2][4] = {};
    for (int d = 0; d < kHeadSize; d += 4) {
      float a[2][4], b[4][4];
#pragma unroll
      for (int i = 0; i < 2; ++i) load_vector<4>(shared_q + (row + 16 * i) * kKeyPitch + d, a[i]);
#pragma unroll
      for (int j = 0; j < 4; ++j) load_vector<4>(shared_k + (lane + 8 * j) * kKeyPitch + d, b[j]);
#pragma unroll
      for (int i = 0; i < 2; ++i) {
#pragma unroll
        for (int j = 0; j < 4; ++j) {
#pragma unroll
          for (int e = 0; e < 4; ++e) scores[i][j] += a[i][e] * b[j][e];
        }
      }
    }
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      const int query = first_query + row + 16 * i;
      float top = peak[i];
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        const int key = first_key + lane + 8 * j;
        float score = scores[i][j] * p.scale;
        const bool inside = key < p.keys && query < p.queries && !(p.causal && key > query);
        if constexpr (kMasked) {
          if (inside) {
            score = masked(score, mask[query * p.mask_strides.row + key * p.mask_key_stride]);
          }
        }
        scores[i][j] = inside ? score : minus_infinity();
        top = fmaxf(top, scores[i][j]);
      }
      top = row_max(top);
      // A row without any key so far: its exponentials are of minus infinity, not of a NaN.
      const float base = top == minus_infinity() ? 0.0F : top;
      const float shrink = fast_exp2((peak[i] - base) * kLog2E);
      peak[i] = top;
      sum[i] *= shrink;
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        const float power = fast_exp2((scores[i][j] - base) * kLog2E);
        sum[i] += power;
        shared_p[(row + 16 * i) * kScorePitch + lane + 8 * j] = power;
      }
#pragma unroll
      for (int part = 0; part < kValueParts; ++part) {
#pragma unroll
        for (int e = 0; e < 4; ++e) out[i][part][e] *= shrink;
      }
    }
    __syncwarp();
    for (int key = 0; key < kKeys; key += 4) {
      float a[2][4];
#pragma unroll
      for (int i = 0; i < 2; ++i)
        load_vector<4>(shared_p + (row + 16 * i) * kScorePitch + key, a[i]);
#pragma unroll
      for (int step = 0; step < 4; ++step) {
#pragma unroll
        for (int part = 0; part < kValueParts; ++part) {
          float b[4];
          load_vector<4>(shared_v + (key + step) * kValuePitch + part * 32 + lane * 4, b);
#pragma unroll
          for (int i = 0; i < 2; ++i) {
#pragma unroll
            for (int e = 0; e < 4; ++e) out[i][part][e] += a[i][step] * b[e];
          }
        }
      }
    }
  }

#pragma unroll
  for (int i = 0; i < 2; ++i) {
    const float total = row_sum(sum[i]);
    const float factor = total > 0 ? 1.0F / total : 0.0F;
    const int query = first_query + row + 16 * i;
    if (query >= p.queries) continue;
    Element* line = y + query * p.y_strides.row;
#pragma unroll
    for (int part = 0; part < kValueParts; ++part) {
      const int column = part * 32 + lane * 4;
#pragma unroll
      for (int e = 0; e < 4; ++e) out[i][part][e] *= factor;
      if (p.y_aligned) {
        if (column < p.value_size) store_vector<4>(out[i][part], line + column);
      } else {
#pragma unroll
        for (int e = 0; e < 4; ++e) {
          if (column + e < p.value_size) line[column + e] = from_float<Element>(out[i][part][e]);
        }
      }
    }
  }
}

}  // namespace ingot::kernels
