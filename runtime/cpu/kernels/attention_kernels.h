// Bodies of attention, compiled once per instruction set. For a block of queries:
//   scores = Q K^T   register blocks of kRows queries by two vectors of keys, keys packed
//   scores = exp(scale * scores + mask - maximum), with its sums
//   Y = scores V / sums   register blocks of kRows queries by two vectors of values
#pragma once

#include <utility>

#include "runtime/cpu/kernels/attention_table.h"
#include "runtime/cpu/simd_math.h"
#include "runtime/cpu/simd_transpose.h"

namespace ingot::INGOT_ISA_NAMESPACE {
namespace {

constexpr int kPanel = 2 * kLanes;
constexpr int kRows = INGOT_LANES == 16 ? 12 : 6;

void pack_keys(const float* k, int64_t k_stride, int64_t keys, int64_t size, float* panels) {
  for (int64_t first = 0; first < keys; first += kPanel) {
    float* panel = panels + first * size;
    const int64_t count = keys - first < kPanel ? keys - first : kPanel;
    int64_t key = 0;
    for (; key + 8 <= count; key += 8) {
      const float* row = k + (first + key) * k_stride;
      int64_t d = 0;
      for (; d + 8 <= size; d += 8) {
        transpose8(row + d, k_stride, panel + d * kPanel + key, kPanel);
      }
      for (; d < size; ++d) {
        for (int64_t i = 0; i < 8; ++i) panel[d * kPanel + key + i] = row[i * k_stride + d];
      }
    }
    for (; key < count; ++key) {
      const float* row = k + (first + key) * k_stride;
      for (int64_t d = 0; d < size; ++d) panel[d * kPanel + key] = row[d];
    }
    for (; key < kPanel; ++key) {
      for (int64_t d = 0; d < size; ++d) panel[d * kPanel + key] = 0;
    }
  }
}

/// c[r][0 .. kPanel) = the sum over i of a[r][i] * b[i][0 .. kPanel), in registers.
template <int kCount, bool kTwo>
INGOT_INLINE void multiply_block(const float* a, int64_t a_stride, const float* b, int64_t b_stride,
                                 int64_t length, VecF (&c)[kCount][2]) {
  for (int r = 0; r < kCount; ++r) c[r][0] = c[r][1] = VecF{};
  for (int64_t i = 0; i < length; ++i) {
    const VecF b0 = load(b + i * b_stride);
    VecF b1{};
    if constexpr (kTwo) b1 = load(b + i * b_stride + kLanes);
#pragma GCC unroll 12
    for (int r = 0; r < kCount; ++r) {
      const VecF x = splat(a[r * a_stride + i]);
      c[r][0] = fma(x, b0, c[r][0]);
      if constexpr (kTwo) c[r][1] = fma(x, b1, c[r][1]);
    }
  }
}

template <int kCount>
void score_rows(const AttentionBlock& block, int64_t first, int64_t keys, float* scores,
                int64_t stride) {
  const float* q = block.q + first * block.q_stride;
  for (int64_t key = 0; key < keys; key += kPanel) {
    const float* panel = block.panels + key * block.size;
    VecF c[kCount][2];
    if (keys - key > kLanes) {
      multiply_block<kCount, true>(q, block.q_stride, panel, kPanel, block.size, c);
    } else {
      multiply_block<kCount, false>(q, block.q_stride, panel, kPanel, block.size, c);
    }
    for (int r = 0; r < kCount; ++r) {
      store(scores + r * stride + key, c[r][0]);
      store(scores + r * stride + key + kLanes, c[r][1]);
    }
  }
}

/// Scores of one query to weights that are not yet divided by their sum; gives 1 / sum, or 0 for a
/// query without any key.
INGOT_INLINE float weigh(const AttentionBlock& block, int64_t query, float* scores, int64_t keys,
                         int64_t padded) {
  const float scale = block.scale;
  if (block.mask) {
    const float* mask = block.mask + query * block.mask_row;
    int64_t i = 0;
    if (block.mask_key == 1) {
      for (; i + kLanes <= keys; i += kLanes) {
        store(scores + i, fma(load(scores + i), splat(scale), load(mask + i)));
      }
    }
    for (; i < keys; ++i) scores[i] = scores[i] * scale + mask[i * block.mask_key];
  } else if (block.allowed) {
    const uint8_t* allowed = block.allowed + query * block.mask_row;
    for (int64_t i = 0; i < keys; ++i) {
      scores[i] = allowed[i * block.mask_key] ? scores[i] * scale : -kInfinity;
    }
  } else {
    for (int64_t i = 0; i < keys; i += kLanes) store(scores + i, load(scores + i) * scale);
  }
  for (int64_t i = keys; i < padded; ++i) scores[i] = -kInfinity;
  VecF peaks = splat(-kInfinity), others = peaks;
  int64_t i = 0;
  for (; i + 2 * kLanes <= padded; i += 2 * kLanes) {
    peaks = max(peaks, load(scores + i));
    others = max(others, load(scores + i + kLanes));
  }
  for (; i < padded; i += kLanes) peaks = max(peaks, load(scores + i));
  const float peak = largest(max(peaks, others));
  if (peak == -kInfinity) {
    for (i = 0; i < padded; ++i) scores[i] = 0;
    return 0;
  }
  VecF total{}, other{};
  for (i = 0; i + 2 * kLanes <= padded; i += 2 * kLanes) {
    const VecF a = exp_normal(load(scores + i) - peak);
    const VecF b = exp_normal(load(scores + i + kLanes) - peak);
    store(scores + i, a);
    store(scores + i + kLanes, b);
    total += a;
    other += b;
  }
  for (; i < padded; i += kLanes) {
    const VecF a = exp_normal(load(scores + i) - peak);
    store(scores + i, a);
    total += a;
  }
  return 1.0F / sum(total + other);
}

template <int kCount>
void sum_rows(const AttentionBlock& block, int64_t first, int64_t keys, const float* scores,
              int64_t stride, const float* inverse) {
  float* y = block.y + first * block.y_stride;
  int64_t d = 0;
  for (; d + kPanel <= block.value_size; d += kPanel) {
    VecF c[kCount][2];
    multiply_block<kCount, true>(scores, stride, block.v + d, block.v_stride, keys, c);
    for (int r = 0; r < kCount; ++r) {
      store(y + r * block.y_stride + d, c[r][0] * inverse[r]);
      store(y + r * block.y_stride + d + kLanes, c[r][1] * inverse[r]);
    }
  }
  for (; d + kLanes <= block.value_size; d += kLanes) {
    VecF c[kCount][2];
    multiply_block<kCount, false>(scores, stride, block.v + d, block.v_stride, keys, c);
    for (int r = 0; r < kCount; ++r) store(y + r * block.y_stride + d, c[r][0] * inverse[r]);
  }
  for (; d < block.value_size; ++d) {
    for (int r = 0; r < kCount; ++r) {
      float total = 0;
      for (int64_t key = 0; key < keys; ++key) {
        total += scores[r * stride + key] * block.v[key * block.v_stride + d];
      }
      y[r * block.y_stride + d] = total * inverse[r];
    }
  }
}

template <int kCount>
void run_rows(const AttentionBlock& block, int64_t first) {
  int64_t keys = block.keys;
  const bool causal = block.causal_first >= 0;
  // No query of the block sees a key beyond the last one's.
  if (causal && block.causal_first + first + kCount < keys) {
    keys = block.causal_first + first + kCount;
  }
  const int64_t stride = (keys + kPanel - 1) / kPanel * kPanel;
  const int64_t padded = (keys + kLanes - 1) / kLanes * kLanes;
  score_rows<kCount>(block, first, keys, block.scores, stride);
  float inverse[kCount];
  for (int r = 0; r < kCount; ++r) {
    const int64_t own = causal ? block.causal_first + first + r + 1 : keys;
    inverse[r] =
        weigh(block, first + r, block.scores + r * stride, own < keys ? own : keys, padded);
  }
  sum_rows<kCount>(block, first, keys, block.scores, stride, inverse);
}

using RunRows = void (*)(const AttentionBlock&, int64_t);

template <int... kCounts>
RunRows choose_rows(int count, std::integer_sequence<int, kCounts...>) {
  constexpr RunRows kTable[] = {run_rows<kCounts + 1>...};
  return kTable[count - 1];
}

void run(const AttentionBlock& block) {
  // As many register blocks as needed, of nearly equal height.
  const int64_t blocks = (block.queries + kRows - 1) / kRows;
  for (int64_t i = 0; i < blocks; ++i) {
    const int64_t first = block.queries * i / blocks, last = block.queries * (i + 1) / blocks;
    choose_rows(static_cast<int>(last - first), std::make_integer_sequence<int, kRows>())(block,
                                                                                          first);
  }
}

}  // namespace

extern const AttentionTable attention_table = {
    .panel = kPanel,
    .rows = kRows,
    .pack_keys = pack_keys,
    .run = run,
};

}  // namespace ingot::INGOT_ISA_NAMESPACE
