// Runs a graph with the reference evaluations of its operators: the oracle of passes and builds.
#pragma once

#include <functional>

#include "compiler/graph/graph.h"

namespace ingot {

using NodeVisitor = std::function<void(NodeId, const std::vector<Tensor>& operands,
                                       const std::vector<Tensor>& results)>;

/// The outputs of the graph for these inputs, in order. Symbols take their values from the inputs'
/// shapes. Throws Error ("graph.bad_input") for a wrong count, dtype or rank.
/// @param visit  is shown every node when it has run, with what it read and made
std::vector<Tensor> interpret(const Graph& graph, const std::vector<Tensor>& inputs,
                              const NodeVisitor& visit = {});

}  // namespace ingot
