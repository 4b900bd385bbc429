// What FP16 would spoil: numbers beyond 65504, and constants whose digits it cannot hold.
#pragma once

#include <set>

#include "compiler/passes/pass.h"

namespace ingot {

struct HalfHazards {
  std::set<NodeId> nodes;   ///< must compute in F32
  std::set<ValueId> large;  ///< f32 values that may be beyond FP16's range
};

/// Walks the graph from constants that do not fit and from operations that make large numbers
/// (exponentials, powers, long sums) to where functions bound them again. Each such node is told
/// with its reason.
HalfHazards find_half_hazards(const Graph& graph, PassContext* pass);

/// The same element elsewhere: views, Transpose, Concat, Gather and the like.
bool moves_elements(const Node& node);

/// Pools and reductions: fewer elements come out.
bool gathers_elements(const Node& node);

}  // namespace ingot
