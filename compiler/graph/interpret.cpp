// Runs a graph node by node with the reference evaluations; values are freed after their last use.
#include "compiler/graph/interpret.h"

#include <fmt/core.h>

#include "core/base/error.h"
#include "ops/reference.h"

namespace ingot {
namespace {

using Symbols = std::map<std::string, int64_t>;

/// Takes the values of plain symbols from a shape that is now known.
void bind_symbols(const SymbolicShape& dims, const Shape& shape, Symbols* symbols) {
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (dims[axis].is_symbol()) {
      symbols->emplace(dims[axis].to_string(), shape[static_cast<int>(axis)]);
    }
  }
}

/// The attributes with every symbolic dim replaced by its number.
Attributes with_numbers(const Attributes& attributes, const Symbols& symbols) {
  Attributes result = attributes;
  for (const auto& [name, value] : attributes) {
    const auto* dims = std::get_if<std::vector<Dim>>(&value);
    if (!dims) continue;
    std::vector<Dim> numbers;
    for (const Dim& dim : *dims) {
      numbers.emplace_back(dim.evaluate([&](const std::string& symbol) {
        const auto found = symbols.find(symbol);
        if (found == symbols.end()) {
          fail({"graph.unbound_symbol", fmt::format("no input gives \"{}\" a value", symbol), name,
                "use the symbol as a dim of an input"});
        }
        return found->second;
      }));
    }
    result.set(name, std::move(numbers));
  }
  return result;
}

void check_input(const Graph& graph, ValueId id, const Tensor& tensor) {
  const Value& expected = graph.value(id);
  if (tensor.dtype() == expected.type.dtype &&
      static_cast<size_t>(tensor.shape().rank()) == expected.type.dims.size()) {
    return;
  }
  fail({"graph.bad_input",
        fmt::format("input \"{}\" is {} {}, the graph wants {}{}", expected.name,
                    dtype_name(tensor.dtype()), tensor.shape().to_string(),
                    dtype_name(expected.type.dtype), to_string(expected.type.dims)),
        "", "give a tensor of that type"});
}

}  // namespace

std::vector<Tensor> interpret(const Graph& graph, const std::vector<Tensor>& inputs,
                              const NodeVisitor& visit) {
  if (inputs.size() != graph.inputs().size()) {
    fail({"graph.bad_input",
          fmt::format("{} inputs for a graph of {}", inputs.size(), graph.inputs().size()), "",
          "give one tensor for each input"});
  }
  Symbols symbols;
  std::vector<Tensor> values(static_cast<size_t>(graph.value_count()));
  std::vector<int> reads(static_cast<size_t>(graph.value_count()), 0);
  for (int32_t i = 0; i < graph.value_count(); ++i) {
    reads[static_cast<size_t>(i)] = graph.reader_count({i});
    if (graph.value({i}).is_constant()) {
      values[static_cast<size_t>(i)] = graph.value({i}).type.constant;
    }
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    const ValueId id = graph.inputs()[i];
    check_input(graph, id, inputs[i]);
    values[static_cast<size_t>(id.index)] = inputs[i];
    bind_symbols(graph.dims(id), inputs[i].shape(), &symbols);
  }
  for (NodeId id : graph.nodes()) {
    const Node& node = graph.node(id);
    std::vector<Tensor> operands;
    for (ValueId input : node.inputs) {
      operands.push_back(input ? values[static_cast<size_t>(input.index)] : Tensor());
    }
    std::vector<Tensor> results = evaluate_op(*node.op, with_numbers(node.attributes, symbols),
                                              operands, static_cast<int>(node.outputs.size()));
    if (visit) visit(id, operands, results);
    for (ValueId input : node.inputs) {
      if (input && --reads[static_cast<size_t>(input.index)] == 0) {
        values[static_cast<size_t>(input.index)] = {};
      }
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const ValueId output = node.outputs[i];
      if (!output || graph.producer(output) != id) continue;
      bind_symbols(graph.dims(output), results[i].shape(), &symbols);
      if (reads[static_cast<size_t>(output.index)] > 0) {
        values[static_cast<size_t>(output.index)] = std::move(results[i]);
      }
    }
  }
  std::vector<Tensor> outputs;
  for (ValueId output : graph.outputs()) {
    outputs.push_back(values[static_cast<size_t>(output.index)]);
  }
  return outputs;
}

}  // namespace ingot
