// Runs a graph with the reference evaluations of its operators: the oracle of passes and builds.
#pragma once

#include "compiler/graph/graph.h"

namespace ingot {

/// The outputs of the graph for these inputs, in order. Symbols take their values from the inputs'
/// shapes. Throws Error ("graph.bad_input") for a wrong count, dtype or rank.
std::vector<Tensor> interpret(const Graph& graph, const std::vector<Tensor>& inputs);

}  // namespace ingot
