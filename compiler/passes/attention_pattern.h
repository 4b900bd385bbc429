// Scaled dot-product attention as exporters write it: what recognize_attention finds.
#pragma once

#include "compiler/graph/match.h"

namespace ingot {

/// softmax(scale * q k^T + mask) v, where k^T may stand transposed already.
struct AttentionPattern {
  ValueId q, k, v;  ///< k: [.., keys, size] or, with k_transposed, [.., size, keys]
  bool k_transposed = false;
  float scale = 1;
  std::vector<ValueId> masks;  ///< added to the scores
  ValueId result;              ///< [.., queries, size]
  std::vector<std::string> origin;
  explicit operator bool() const { return static_cast<bool>(result); }
};

/// Reads the attention whose probabilities `softmax` gives. May add nodes for masks. `why_not` is
/// set where the scores and probabilities are there but something else is in the way.
AttentionPattern match_attention(Graph* graph, NodeId softmax, std::string* why_not);

/// A tensor [batch, heads, sequence, size] that was cut out of one [batch, sequence, columns].
struct Packed {
  ValueId source;  ///< [batch, sequence, columns], or other axes of the same elements
  int64_t heads = 0;
  int64_t part = 0, parts = 1;  ///< it is that one of equal parts of the columns
  SymbolicShape dims;           ///< of the source as three axes; empty: those that it has
  bool sequence_first = false;  ///< dims are [sequence, batch, columns]
  explicit operator bool() const { return static_cast<bool>(source); }
};

/// Where the value comes from, if it is something packed, seen otherwise: each head's matrix as it
/// is, or `transposed`.
Packed packed_source(const Graph& graph, ValueId value, bool transposed);

/// The Reshape that packs the heads of a value [batch, heads, sequence, size] again.
struct Packing {
  NodeId reshape;
  bool sequence_first = false;  ///< to the elements of [sequence, batch, columns]
  explicit operator bool() const { return static_cast<bool>(reshape); }
};

/// The packing of `value`, if that is all that is done with it.
Packing packing_of(const Graph& graph, ValueId value);

}  // namespace ingot
