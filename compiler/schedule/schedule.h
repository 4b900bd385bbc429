// Placing: from a graph with chosen tactics to the steps and values of a plan. Inserts layout
// conversions, makes views of what needs no copy, writes concats in place, reuses dead memory.
#pragma once

#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "core/plan/plan.h"

namespace ingot {

/// A node with what was chosen for it.
struct ScheduledNode {
  NodeId node;
  bool is_view = false;  ///< no step: the same bytes in another shape
  std::string kind, tactic;
  Attributes attributes;
  std::vector<Layout> inputs, outputs;
  bool reads_windows = false, writes_windows = false;
  int in_place_input = -1;
  bool same_bytes = false;  ///< no step either: output 0 has the bytes of input 0, in these layouts
};

struct ScheduledPlan {
  Plan plan;                       ///< lacks what only the driver knows (device, hashes, texts)
  std::vector<NodeId> step_nodes;  ///< per step the node it runs; none for copies and conversions
};

/// `nodes` in an order in which producers come first.
ScheduledPlan schedule(const Graph& graph, const std::vector<ScheduledNode>& nodes);

}  // namespace ingot
