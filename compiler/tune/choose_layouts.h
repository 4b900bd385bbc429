// The choice among timed candidates: own times plus the conversions that their layouts force.
#pragma once

#include "compiler/tune/tune.h"

namespace ingot {

/// Fills `chosen` of every node. Descends from several starts (all plain, all channels last, ...)
/// by exchanging one node's candidate at a time while the sum falls; keeps the best.
void choose_layouts(const Graph& graph, const Target& target, std::vector<NodeTuning>* nodes);

}  // namespace ingot
