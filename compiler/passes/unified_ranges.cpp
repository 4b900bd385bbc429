// Scales of values that are moved: see the header.
#include "compiler/passes/unified_ranges.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "compiler/passes/quantized_moves.h"

namespace ingot {

UnifiedRanges::UnifiedRanges(const Graph& graph, const QuantizationRanges& ranges)
    : parents_(static_cast<size_t>(graph.value_count())),
      scales_(static_cast<size_t>(graph.value_count())) {
  std::iota(parents_.begin(), parents_.end(), 0);
  for (NodeId id : graph.nodes()) {
    for (ValueId from : moved_values(graph, id, Interpolation::kAllowed)) {
      for (ValueId to : graph.node(id).outputs) {
        if (from && to) parents_[static_cast<size_t>(root(from.index))] = root(to.index);
      }
    }
  }
  for (int i = 0; i < graph.value_count(); ++i) {
    const auto found = ranges.scales.find(graph.value(ValueId{i}).name);
    if (found == ranges.scales.end() || !std::isfinite(found->second)) continue;
    float& scale = scales_[static_cast<size_t>(root(i))];
    scale = std::max(scale, found->second);
  }
}

std::optional<float> UnifiedRanges::scale_of(ValueId value) {
  const float scale = scales_[static_cast<size_t>(root(value.index))];
  if (scale > 0) return scale;
  return std::nullopt;
}

int UnifiedRanges::root(int value) {
  auto at = static_cast<size_t>(value);
  while (parents_[at] != static_cast<int>(at)) {
    parents_[at] = parents_[static_cast<size_t>(parents_[at])];
    at = static_cast<size_t>(parents_[at]);
  }
  return static_cast<int>(at);
}

}  // namespace ingot
