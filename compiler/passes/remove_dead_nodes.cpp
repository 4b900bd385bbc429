// Removes nodes whose outputs nobody reads.
//
//   a = Relu(x); b = Exp(x); return a    =>    a = Relu(x); return a
#include "compiler/passes/passes.h"

namespace ingot {

Graph remove_dead_nodes(Graph graph, PassContext&) {
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
