// What both plans of precision ask of a graph.
#include <algorithm>

#include "compiler/passes/pointwise_form.h"
#include "compiler/passes/precision_plan.h"

namespace ingot {

bool came_from(const Node& node, const std::set<std::string>* names) {
  if (!names || names->empty()) return false;
  return std::any_of(node.origin.begin(), node.origin.end(),
                     [names](const std::string& name) { return names->contains(name); });
}

bool is_product(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  return (node.is("Conv") || node.is("ConvTranspose") || node.is("MatMul") ||
          node.is("Attention")) &&
         graph.dtype(node.outputs[0]) == DType::kF32;
}

bool keeps_input_type(const Node& node, size_t i) {
  return (node.is("Resize") || node.is("GridSample")) && i > 0;
}

bool follows_product(const Graph& graph, NodeId id, const std::set<NodeId>& small) {
  const auto form = pointwise_form(graph, id);
  if (!form) return false;
  const auto continues_chain = [&](ValueId input) {
    const NodeId maker = graph.producer(input);
    return maker && small.contains(maker) && sole_reader(graph, input) == id &&
           (is_product(graph, maker) || pointwise_form(graph, maker));
  };
  const auto has_small_form = [&](ValueId value) {
    const auto readers = graph.readers(value);
    return std::any_of(readers.begin(), readers.end(), [&](NodeId reader) {
      return small.contains(reader) && is_product(graph, reader);
    });
  };
  int chains = 0;
  for (ValueId input : form->inputs) {
    if (graph.value(input).is_constant()) continue;
    if (!same_dims(graph, input, graph.node(id).outputs[0])) return false;
    if (continues_chain(input))
      ++chains;
    else if (!has_small_form(input))
      return false;
  }
  return chains == 1;
}

}  // namespace ingot
