// Parameters of the attention kernels.
#pragma once

namespace ingot::kernels {

/// Distances in elements between neighbours: batches, heads, rows (of the sequence).
struct HeadStrides {
  long long batch, head, row;
};

struct AttentionParams {
  const void *q, *k, *v, *mask;
  void* y;
  HeadStrides q_strides, k_strides, v_strides, y_strides;
  HeadStrides mask_strides;  ///< of batches, heads, queries; 0 where the mask is broadcast
  long long mask_key_stride;
  int heads, heads_per_group;  ///< query heads, and how many of them share a head of K and V
  int queries, keys, head_size, value_size;
  int query_tiles;
  int causal;
  float scale;
  /// Rows and sizes are multiples of 16 bytes, so that they are copied in such pieces.
  int q_aligned, k_aligned, v_aligned, y_aligned;
  int mask_pairs;  ///< two keys' mask values lie in one aligned word
};

/// Shared memory of attention_mma, which depends on what the kernel was made for: queries, keys at a
/// time and the warps that share them, sizes padded to multiples of 16, and the stages of keys and
/// values.
inline constexpr int attention_shared_bytes(int rows, int keys, int key_warps, int head_size,
                                            int value_size, int stages) {
  const int keys_and_values = stages * keys * (head_size + 8 + value_size + 8) * 2;
  const int partial_sums = key_warps * rows * (value_size + 4 + 2) * 4;
  return rows * (head_size + 8) * 2 +
         (keys_and_values > partial_sums ? keys_and_values : partial_sums);
}

/// Queries, and keys at a time, of a block of attention_fma.
inline constexpr int kPlainAttentionRows = 32;

/// Shared memory of attention_fma, made for a multiple of 4 and one of 32.
inline constexpr int plain_attention_shared_bytes(int head_size, int value_size) {
  return kPlainAttentionRows * (2 * (head_size + 4) + value_size + 4 + kPlainAttentionRows + 4) * 4;
}

}  // namespace ingot::kernels
