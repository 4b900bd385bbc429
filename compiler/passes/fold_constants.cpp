// Evaluates what is known before the first run: nodes with constant inputs become constants, shape
// arithmetic becomes constants or ShapeTensor nodes.
//
//   w = Cast(q) {to=f32}; v = Mul(w, s)          =>    v: const           (q, s constant)
//   s = Shape(x); b = Gather(s, 0)               =>    b: const           (x's axis 0 is a number)
//   s = Shape(x); b = Gather(s, 0)               =>    b = ShapeTensor() {dims=dims[batch], scalar=1}
//
// Random operators stay, and so does DequantizeLinear of a constant where int8 is allowed: kernels
// read its int8 input. Results above 64 MB stay too: the plan would carry them.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/passes/passes.h"
#include "ops/reference.h"

namespace ingot {
namespace {

constexpr int64_t kMostBytes = 64 << 20;

/// The tensor that tracked contents describe, where all are numbers.
std::optional<Tensor> tensor_of_contents(const ValueType& type) {
  if (!type.contents || type.dims.size() > 1) return std::nullopt;
  std::vector<int64_t> numbers;
  for (const Dim& dim : *type.contents) {
    if (!dim.is_constant()) return std::nullopt;
    numbers.push_back(dim.constant());
  }
  const Tensor vector = Tensor::from_integers(numbers);
  const Tensor shaped = type.dims.empty() ? vector.reshaped(Shape{}) : vector;
  if (type.dtype == DType::kI64) return shaped;
  Attributes to;
  to.set("to", type.dtype);
  return evaluate_op(op_named("Cast"), to, {shaped}, 1)[0];
}

/// Makes a value a constant. An output of the graph keeps a node that makes it.
void make_constant(Graph* graph, ValueId value, Tensor tensor) {
  if (!graph->is_output(value)) {
    graph->set_constant(value, std::move(tensor));
    return;
  }
  const NodeId maker = graph->producer(value);
  const ValueId constant = graph->add_constant(std::move(tensor));
  const ValueId copy =
      graph->add("Identity", {constant}, {}, graph->node(maker).origin, graph->value(value).name);
  graph->replace_uses(value, copy);
}

/// What make_constant leaves behind for an output of the graph.
bool is_copy_of_constant(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  return node.is("Identity") && graph.is_output(node.outputs[0]);
}

/// Replaces one output whose elements are known as numbers or symbols; false where it stays.
bool fold_contents(Graph* graph, NodeId id, ValueId output) {
  const ValueType type = graph->value(output).type;
  if (auto tensor = tensor_of_contents(type)) {
    make_constant(graph, output, std::move(*tensor));
    return true;
  }
  if (!type.contents || type.dtype != DType::kI64 || type.dims.size() > 1) return false;
  if (graph->node(id).is("ShapeTensor") || !known_at_start(*graph, *type.contents)) return false;
  Attributes attributes;
  attributes.set("dims", *type.contents);
  if (type.dims.empty()) attributes.set("scalar", int64_t{1});
  graph->replace_uses(output, graph->add("ShapeTensor", {}, std::move(attributes),
                                         graph->node(id).origin, graph->value(output).name));
  return true;
}

/// Shape arithmetic whose result is already known. True if nobody reads the node any more.
bool fold_contents(Graph* graph, NodeId id) {
  bool all = true;
  const std::vector<ValueId> outputs = graph->node(id).outputs;
  for (ValueId output : outputs) {
    if (!output || graph->reader_count(output) == 0) continue;
    all &= fold_contents(graph, id, output);
  }
  return all;
}

/// Bytes of the outputs, as far as their dims are known.
int64_t output_bytes(const Graph& graph, const Node& node) {
  int64_t bytes = 0;
  for (ValueId output : node.outputs) {
    if (!output) continue;
    const auto shape = static_shape(graph.dims(output));
    if (shape) bytes += static_cast<int64_t>(dense_bytes(graph.dtype(output), *shape));
  }
  return bytes;
}

class Folder {
 public:
  Folder(Graph* graph, PassContext* pass) : graph_(*graph), pass_(*pass) {}

  bool sweep() {
    bool changed = false;
    for (NodeId id : graph_.nodes()) {
      if (graph_.is_live(id)) changed |= fold(id);
    }
    return changed;
  }

 private:
  bool fold(NodeId id) {
    const Node node = graph_.node(id);
    if (node.op->traits.random || is_copy_of_constant(graph_, id)) return false;
    const bool read = std::any_of(node.outputs.begin(), node.outputs.end(), [&](ValueId output) {
      return output && graph_.reader_count(output) > 0;
    });
    if (!read) return false;
    if (fold_contents(&graph_, id)) return remove(id);
    const bool constant = !node.is("ShapeTensor") &&
                          std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) {
                            return !input || graph_.value(input).is_constant();
                          });
    if (!constant || has_program(node)) return false;
    if (node.is("DequantizeLinear") && (pass_.options().allow_int8 || pass_.options().allow_fp8)) {
      return false;
    }
    return evaluate(id, node);
  }

  /// Control flow is inlined by inline_constant_if instead.
  static bool has_program(const Node& node) {
    return std::any_of(node.attributes.begin(), node.attributes.end(), [](const auto& entry) {
      return std::holds_alternative<std::shared_ptr<const Program>>(entry.second);
    });
  }

  bool evaluate(NodeId id, const Node& node) {
    if (const int64_t bytes = output_bytes(graph_, node); bytes > kMostBytes) {
      pass_.near_miss(graph_, id,
                      fmt::format("the result has {} MB; at most 64 are folded", bytes >> 20));
      return false;
    }
    std::vector<Tensor> inputs;
    for (ValueId input : node.inputs) {
      inputs.push_back(input ? graph_.value(input).type.constant : Tensor());
    }
    std::vector<Tensor> results =
        evaluate_op(*node.op, node.attributes, inputs, static_cast<int>(node.outputs.size()));
    for (size_t i = 0; i < results.size(); ++i) {
      if (node.outputs[i]) make_constant(&graph_, node.outputs[i], std::move(results[i]));
    }
    return remove(id);
  }

  bool remove(NodeId id) {
    graph_.remove(id);
    return true;
  }

  Graph& graph_;
  PassContext& pass_;
};

}  // namespace

Graph fold_constants(Graph graph, PassContext& pass) {
  // A sweep sees constants made before it in the same order; symbolic contents need new types.
  Folder folder(&graph, &pass);
  while (folder.sweep()) graph.reinfer();
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
