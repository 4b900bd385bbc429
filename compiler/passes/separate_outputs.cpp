// Gives every output of the graph a node of its own: an output that is an input, a constant, or
// the same value as an earlier output is copied.
//
//   return x, x    =>    y = Identity(x); z = Identity(x); return y, z
//
// After this pass whatever places memory can give each output a buffer.
#include <set>

#include "compiler/passes/passes.h"

namespace ingot {

Graph separate_outputs(Graph graph, PassContext&) {
  std::set<ValueId> seen;
  for (int i = 0; i < static_cast<int>(graph.outputs().size()); ++i) {
    const ValueId output = graph.outputs()[static_cast<size_t>(i)];
    const bool first = seen.insert(output).second;
    if (first && graph.producer(output)) continue;
    graph.set_output(i, graph.add("Identity", {output}, {}, {}, graph.output_name(i)));
  }
  return graph;
}

}  // namespace ingot
