// The graph: values and nodes in flat arrays with typed ids. What a pass reads and rewrites.
//
// Every value has one producer (a node, an input of the graph, or a constant) and any number of
// readers. Types are always there: adding a node runs its shape rule. `origin` holds the names of
// the ONNX nodes that a node came from and survives every rewrite.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ops/infer.h"
#include "ops/registry.h"

namespace ingot {

struct ValueId {
  int32_t index = -1;
  explicit operator bool() const { return index >= 0; }
  friend auto operator<=>(ValueId, ValueId) = default;
};

struct NodeId {
  int32_t index = -1;
  explicit operator bool() const { return index >= 0; }
  friend auto operator<=>(NodeId, NodeId) = default;
};

struct Value {
  std::string name;  ///< of the ONNX tensor, kept where a rewrite keeps the value
  ValueType type;    ///< dtype, symbolic dims, contents, constant data
  NodeId producer;   ///< none for inputs and constants
  bool is_constant() const { return static_cast<bool>(type.constant); }
};

struct Node {
  const OpDef* op = nullptr;
  std::vector<ValueId> inputs;   ///< an absent optional input is ValueId{}
  std::vector<ValueId> outputs;  ///< an unused optional output is ValueId{}
  Attributes attributes;
  std::vector<std::string> origin;
  bool is(std::string_view name) const { return op->name == name; }
};

class Graph {
 public:
  // ---- making ----
  ValueId add_input(std::string name, DType dtype, SymbolicShape dims);
  ValueId add_constant(Tensor tensor, std::string name = "");
  /// Adds a node and its outputs, and infers their types. Throws Error from the shape rule.
  NodeId add_node(const OpDef& op, std::vector<ValueId> inputs, Attributes attributes = {},
                  std::vector<std::string> origin = {}, std::vector<std::string> output_names = {},
                  int output_count = 1);
  /// The same with one output, returning it.
  ValueId add(std::string_view op, std::vector<ValueId> inputs, Attributes attributes = {},
              std::vector<std::string> origin = {}, std::string output_name = "");
  void add_output(ValueId value, std::string name);

  // ---- reading ----
  const Node& node(NodeId id) const { return nodes_[static_cast<size_t>(id.index)]; }
  const Value& value(ValueId id) const { return values_[static_cast<size_t>(id.index)]; }
  const Value& input(NodeId id, int i) const {
    return value(node(id).inputs[static_cast<size_t>(i)]);
  }
  bool has_input(NodeId id, int i) const;
  const SymbolicShape& dims(ValueId id) const { return value(id).type.dims; }
  DType dtype(ValueId id) const { return value(id).type.dtype; }
  /// The node that makes this value, or none.
  NodeId producer(ValueId id) const { return value(id).producer; }
  /// Nodes that read this value, each once, in program order; outputs of the graph not counted.
  std::vector<NodeId> readers(ValueId id) const;
  int reader_count(ValueId id) const;  ///< reads, graph outputs counted
  bool is_output(ValueId id) const;
  std::span<const ValueId> inputs() const { return inputs_; }
  std::span<const ValueId> outputs() const { return outputs_; }
  const std::string& output_name(int i) const { return output_names_[static_cast<size_t>(i)]; }

  /// Live nodes, producers before readers. A copy: safe to change the graph while walking.
  std::vector<NodeId> nodes() const;
  std::vector<NodeId> nodes(std::string_view op) const;
  bool is_live(NodeId id) const { return node(id).op != nullptr; }
  int value_count() const { return static_cast<int>(values_.size()); }
  int node_count() const { return static_cast<int>(nodes_.size()); }  ///< dead ones counted

  // ---- rewriting ----
  /// Output i of the graph is `value` from now on, under the same name.
  void set_output(int i, ValueId value) { outputs_[static_cast<size_t>(i)] = value; }
  /// Readers of `from` (and graph outputs) read `to` from now on.
  void replace_uses(ValueId from, ValueId to);
  /// Replaces the (single) output of `old_node` by `to`; merges origins into to's producer;
  /// removes `old_node`.
  void replace(NodeId old_node, ValueId to);
  void set_input(NodeId id, int i, ValueId value);  ///< grows the list where needed; re-infers
  void set_attribute(NodeId id, std::string name, AttributeValue value);  ///< re-infers
  void set_op(NodeId id, const OpDef& op, std::vector<ValueId> inputs, Attributes attributes);
  void add_origin(NodeId id, std::span<const std::string> names);
  void set_name(ValueId id, std::string name) {
    values_[static_cast<size_t>(id.index)].name = std::move(name);
  }
  void set_dtype(ValueId id, DType dtype);       ///< of a graph input or node output
  void remove(NodeId id);                        ///< its outputs must have no reader
  void set_constant(ValueId id, Tensor tensor);  ///< the value becomes a constant; producer cut off
  /// Runs all shape rules again in order (after inputs changed their dims).
  void reinfer();
  void set_input_dims(ValueId input, SymbolicShape dims);  ///< follow with reinfer()
  /// Removes nodes nobody reads; returns how many.
  int remove_dead_nodes();

  // ---- symbols ----
  struct SymbolRange {
    int64_t min = 1, opt = 1, max = 1;
  };
  /// Ranges of the dynamic symbols in each optimization profile: [profile][symbol].
  std::vector<std::map<std::string, SymbolRange>> profiles;
  /// A dim at profile 0's opt shapes (data-dependent symbols: their upper bound, or 1).
  int64_t opt_value(const Dim& dim) const;
  Shape opt_shape(ValueId id) const;

 private:
  void infer(NodeId id);
  std::string fresh_name(std::string_view stem);

  std::vector<Value> values_;
  std::vector<Node> nodes_;
  std::vector<std::vector<NodeId>> readers_;  ///< per value, with repeats
  std::vector<ValueId> inputs_, outputs_;
  std::vector<std::string> output_names_;
  int next_name_ = 0;
};

/// Text form, one node a line (docs/graph-text.md):
///   x: f32[batch,3,8,8]
///   w: const f32[4,3,3,3]
///   a = Conv(x, w) {pads=[1,1,1,1]}        # origin: conv1
///   return a
/// `with_types` adds ": f32[...]" after every node's outputs.
std::string to_text(const Graph& graph, bool with_types = true);

/// Parses the text form; constants get deterministic values derived from their names, or those
/// written after '=' (w: const f32[2] = {1, 2}). Throws Error ("graph.syntax") with the line.
Graph parse_graph(std::string_view text);

/// Throws Error ("graph.broken") with every broken invariant: ids in range, single producer,
/// readers consistent, order acyclic, types equal to what the shape rules give.
void verify(const Graph& graph);

/// Equal up to names and order of independent nodes (tests of passes).
bool same_structure(const Graph& a, const Graph& b, std::string* difference);

}  // namespace ingot
