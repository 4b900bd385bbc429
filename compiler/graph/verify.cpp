// The verifier: every invariant of the graph, checked; all that is broken is reported at once.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/graph/graph.h"
#include "core/base/error.h"

namespace ingot {
namespace {

std::string describe(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  return fmt::format("node {} {}{}", id.index, node.op->name,
                     node.origin.empty() ? "" : " \"" + node.origin[0] + "\"");
}

void check_types(const Graph& graph, NodeId id, Problems* problems) {
  const Node& node = graph.node(id);
  std::vector<const ValueType*> types;
  for (ValueId input : node.inputs) types.push_back(input ? &graph.value(input).type : nullptr);
  const std::string name = node.origin.empty() ? std::string() : node.origin[0];
  try {
    const auto inferred =
        infer_types(*node.op, node.attributes, types, static_cast<int>(node.outputs.size()), name);
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (!node.outputs[i]) continue;
      const ValueType& stored = graph.value(node.outputs[i]).type;
      const bool same_rank = stored.dims.size() == inferred[i].dims.size();
      bool same = stored.dtype == inferred[i].dtype && same_rank;
      for (size_t axis = 0; same && axis < stored.dims.size(); ++axis) {
        // Unknown dims are named after the node and may differ in name only.
        same = stored.dims[axis] == inferred[i].dims[axis] || !inferred[i].dims[axis].is_constant();
      }
      if (same) continue;
      problems->add({"graph.broken",
                     fmt::format("output {} is {}{} but its shape rule gives {}{}", i,
                                 dtype_name(stored.dtype), to_string(stored.dims),
                                 dtype_name(inferred[i].dtype), to_string(inferred[i].dims)),
                     describe(graph, id), "the last pass left a stale type"});
    }
  } catch (const Error& error) {
    problems->add(error.problems());
  }
}

}  // namespace

void verify(const Graph& graph) {
  Problems problems;
  const auto broken = [&](NodeId id, std::string what) {
    problems.add({"graph.broken", std::move(what), describe(graph, id), "a bug of the last pass"});
  };
  std::vector<int> reads(static_cast<size_t>(graph.value_count()), 0);
  for (NodeId id : graph.nodes()) {
    const Node& node = graph.node(id);
    for (ValueId input : node.inputs) {
      if (!input) continue;
      if (input.index >= graph.value_count()) {
        broken(id, fmt::format("reads value {}, which does not exist", input.index));
        continue;
      }
      ++reads[static_cast<size_t>(input.index)];
      const Value& value = graph.value(input);
      const auto inputs = graph.inputs();
      const bool is_input = std::find(inputs.begin(), inputs.end(), input) != inputs.end();
      if (!value.producer && !value.is_constant() && !is_input) {
        broken(id, fmt::format("reads \"{}\", which nothing makes", value.name));
      }
      const auto readers = graph.readers(input);
      if (std::find(readers.begin(), readers.end(), id) == readers.end()) {
        broken(id, fmt::format("is missing among the readers of \"{}\"", value.name));
      }
    }
    for (ValueId output : node.outputs) {
      if (!output) continue;
      const NodeId maker = graph.producer(output);
      if (maker != id && !graph.value(output).is_constant()) {
        broken(id, fmt::format("makes \"{}\", whose producer is another node",
                               graph.value(output).name));
      }
    }
    check_types(graph, id, &problems);
  }
  for (ValueId output : graph.outputs()) ++reads[static_cast<size_t>(output.index)];
  for (int32_t i = 0; i < graph.value_count(); ++i) {
    if (reads[static_cast<size_t>(i)] != graph.reader_count({i})) {
      problems.add({"graph.broken",
                    fmt::format("value \"{}\" has {} reads but counts {}", graph.value({i}).name,
                                reads[static_cast<size_t>(i)], graph.reader_count({i})),
                    "", "a bug of the last pass"});
    }
  }
  problems.throw_if_any();
}

}  // namespace ingot
