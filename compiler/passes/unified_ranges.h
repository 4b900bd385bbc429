// Scales for the values of a graph: those of the calibration, made equal where values are only moved.
#pragma once

#include <optional>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/quant/ranges.h"

namespace ingot {

/// What a Concat, a MaxPool, a Resize or a view takes and gives has one scale, the largest of those
/// that are known: then it moves integers, and nothing is rounded twice.
class UnifiedRanges {
 public:
  UnifiedRanges(const Graph& graph, const QuantizationRanges& ranges);
  /// Nothing where neither the value nor what it is moved from or to has a range.
  std::optional<float> scale_of(ValueId value);

 private:
  int root(int value);

  std::vector<int> parents_;   ///< by value; union-find
  std::vector<float> scales_;  ///< by value, of roots; 0: none
};

}  // namespace ingot
