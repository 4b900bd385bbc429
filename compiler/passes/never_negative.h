// Which values of a graph are never below zero, whatever its inputs are.
#pragma once

#include <vector>

#include "compiler/graph/graph.h"

namespace ingot {

/// One entry for each value of the graph (by index): results of Relu, Sigmoid, Softmax, Clip from 0
/// and the like, and what keeps such values: moves, pools, sums, products. True means proven.
std::vector<bool> never_negative_values(const Graph& graph);

}  // namespace ingot
