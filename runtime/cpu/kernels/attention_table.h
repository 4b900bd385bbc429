// Inner loops of attention: keys packed into panels, scores and weighted sums by register blocks.
#pragma once

#include <cstdint>

#include "runtime/cpu/isa.h"

namespace ingot {

/// One block of queries of one head.
struct AttentionBlock {
  const float* q;       ///< first query
  int64_t q_stride;     ///< floats between queries
  const float* panels;  ///< packed keys
  const float* v;
  int64_t v_stride;
  float* y;
  int64_t y_stride;
  int64_t queries, keys, size, value_size;
  float scale;
  const float* mask;           ///< of the first query, or null; added to the scaled scores
  const uint8_t* allowed;      ///< of the first query, or null: 0 forbids a key
  int64_t mask_row, mask_key;  ///< strides of mask or allowed
  int64_t causal_first;        ///< query i sees keys below causal_first + i; negative: all keys
  float* scores;               ///< AttentionTable::rows rows of whole panels
};

struct AttentionTable {
  int panel;  ///< keys of a panel
  int rows;   ///< queries of a register block
  /// panels[panel][d][key]: keys of one head, the last panel filled up with zeros.
  void (*pack_keys)(const float* k, int64_t k_stride, int64_t keys, int64_t size, float* panels);
  void (*run)(const AttentionBlock& block);
};

INGOT_KERNEL_TABLE(AttentionTable, attention);

}  // namespace ingot
