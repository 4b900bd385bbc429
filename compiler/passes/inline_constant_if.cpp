// Puts the nodes of the branch that is taken in the place of an If whose condition is known.
//
//   y = If(true, x) {then_branch=program(1) { %1 = Relu(%0) {}; return %1 }, else_branch=...}
//       =>    y = Relu(x)
#include "compiler/passes/passes.h"
#include "core/node/program.h"

namespace ingot {
namespace {

using ProgramPointer = std::shared_ptr<const Program>;

/// Adds the nodes of the program; `slots` holds the values of its inputs and grows by what it makes.
void add_nodes(Graph* graph, const Program& program, std::vector<ValueId>* slots,
               const std::vector<std::string>& origin) {
  slots->resize(static_cast<size_t>(program.slot_count));
  for (const ProgramNode& node : program.nodes) {
    const Tensor* constant =
        node.op == "Constant" ? node.attributes.find_as<Tensor>("value") : nullptr;
    if (constant) {
      (*slots)[static_cast<size_t>(node.outputs[0])] = graph->add_constant(*constant);
      continue;
    }
    std::vector<ValueId> inputs;
    for (int slot : node.inputs) {
      inputs.push_back(slot < 0 ? ValueId{} : (*slots)[static_cast<size_t>(slot)]);
    }
    const NodeId id =
        graph->add_node(op_named(node.op), std::move(inputs), node.attributes,
                        node.origin.empty() ? origin : std::vector<std::string>{node.origin}, {},
                        static_cast<int>(node.outputs.size()));
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i] < 0) continue;
      (*slots)[static_cast<size_t>(node.outputs[i])] = graph->node(id).outputs[i];
    }
  }
}

}  // namespace

Graph inline_constant_if(Graph graph, PassContext& pass) {
  bool found = true;
  while (found) {  // a branch may hold another If
    found = false;
    for (NodeId id : graph.nodes("If")) {
      const Node node = graph.node(id);
      const auto condition = known_integers(graph, node.inputs[0]);
      if (!condition || condition->size() != 1) {
        pass.near_miss(graph, id, "only the run can tell its condition");
        continue;
      }
      const auto* branch = node.attributes.find_as<ProgramPointer>(
          (*condition)[0] != 0 ? "then_branch" : "else_branch");
      if (!branch || !*branch) continue;
      std::vector<ValueId> slots(node.inputs.begin() + 1, node.inputs.end());
      add_nodes(&graph, **branch, &slots, node.origin);
      for (size_t i = 0; i < node.outputs.size(); ++i) {
        if (!node.outputs[i]) continue;
        graph.replace_uses(node.outputs[i], slots[static_cast<size_t>((*branch)->outputs[i])]);
      }
      graph.remove(id);
      found = true;
    }
  }
  return graph;
}

}  // namespace ingot
