// Nodes that move elements without changing them, and so may do it before or after quantisation.
#pragma once

#include <vector>

#include "compiler/graph/graph.h"

namespace ingot {

/// Whether linear interpolation counts as a move: on 8-bit integers it rounds once more.
enum class Interpolation { kExcluded, kAllowed };

/// The inputs whose elements make up the (only) output or outputs of the node, each element as it
/// is, or 0 (of a Pad, or beyond the crop of a Resize); empty for nodes that compute. MaxPool counts:
/// it chooses.
std::vector<ValueId> moved_values(const Graph& graph, NodeId id, Interpolation interpolation);

}  // namespace ingot
