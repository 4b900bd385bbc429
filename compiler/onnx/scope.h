// From names to values: `Body` is a graph under construction (the model's, or that of a subgraph);
// `Scope` holds the names that are visible at one place of the model and imports nodes there.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/onnx/session.h"

namespace ingot::onnx {

/// A value from outside that a body reads, and the input of the body that stands for it.
struct Capture {
  ValueId outside, inside;
};

struct Body {
  Graph& graph;
  Body* outer = nullptr;  ///< null for the model's graph
  std::vector<Capture> captures = {};

  /// The value of this body that stands for `outside`, a value of the outer body. Small constants
  /// are repeated, all else becomes an input.
  ValueId capture(ValueId outside);
  /// Constants too large to stand in a subgraph go to the model's graph and are captured.
  ValueId add_constant(Tensor tensor, std::string name);

  std::unordered_map<int32_t, ValueId> repeated = {};  ///< outer constants that were repeated here
};

/// Constants up to this size stand in the bodies of subgraphs.
inline constexpr int64_t kLargestBodyConstant = 64;

class Scope {
 public:
  struct Binding {
    enum State { kValue, kAbsent, kPoisoned, kUnknown } state = kUnknown;
    ValueId value;
  };
  /// Attributes of a call, as the nodes of the called function refer to them.
  using Arguments = std::unordered_map<std::string_view, const AttributeProto*>;

  /// @param outer   names of it are visible here too; null in the model's graph and in functions
  /// @param prefix  goes before the names of nodes and values ("call/"), for inlined functions
  /// @param place   where this is, in messages: ` in then_branch of node 3 "If_1"`
  Scope(Session& session, Body& body, Scope* outer, const Opsets& opsets,
        const Arguments* arguments, std::string prefix, std::string place)
      : session_(session),
        body_(body),
        outer_(outer),
        opsets_(opsets),
        arguments_(arguments),
        prefix_(std::move(prefix)),
        place_(std::move(place)) {}

  Session& session() { return session_; }
  Body& body() { return body_; }
  Graph& graph() { return body_.graph; }
  const Opsets& opsets() const { return opsets_; }
  const Arguments* arguments() const { return arguments_; }
  const std::string& prefix() const { return prefix_; }
  const std::string& place() const { return place_; }

  /// What `name` means here; a value of an outer body is captured.
  Binding find(std::string_view name);
  /// Reports a second value of that name.
  void bind(std::string_view name, ValueId value, const std::string& where);
  void bind_absent(std::string_view name) { names_[name] = {Binding::kAbsent, {}}; }
  /// The value is missing because of a problem that was reported: what reads it stays silent.
  void poison(std::string_view name) { names_[name] = {Binding::kPoisoned, {}}; }

  /// Binds initializers and imports nodes, in an order in which they can run; problems go to the
  /// session. `outputs` are names that are read from outside.
  void import(std::span<const TensorProto> initializers,
              std::span<const std::string_view> sparse_initializers,
              std::span<const NodeProto> nodes, std::span<const std::string_view> outputs);

  /// The value of a declared output, or nothing (reported).
  ValueId output(std::string_view name, const std::string& where);

  bool is_read(std::string_view name) const { return reads_.contains(name); }
  /// `model.onnx, node 3 "conv1", opset 19`.
  std::string where(const NodeProto& node, size_t index) const;
  /// The attribute with references to the function's arguments followed; null if not given.
  const AttributeProto* resolve(const AttributeProto& attribute) const;

 private:
  void import_node(const NodeProto& node, size_t index);

  Session& session_;
  Body& body_;
  Scope* outer_;
  const Opsets& opsets_;
  const Arguments* arguments_;
  std::string prefix_, place_;
  std::unordered_map<std::string_view, Binding> names_;
  std::unordered_set<std::string_view> reads_;
};

/// A node being imported.
struct NodeContext {
  Scope& scope;
  const NodeProto& node;
  std::string name;   ///< for `origin`: the node's name or "<OpType>_<index>", with the prefix
  std::string where;  ///< for messages
  int64_t opset = 0;

  /// The inputs, or nothing where one is missing (reported already).
  std::optional<std::vector<ValueId>> inputs() const;
  /// Names for the node's outputs in the graph; those that nobody reads are empty.
  std::vector<std::string> output_names() const;
  /// Binds output names of the node to these values; an id that is none leaves the name unbound.
  void bind_outputs(std::span<const ValueId> values) const;
  void poison_outputs() const;
};

/// The name of a node for messages: its own, or "<OpType>_<index>".
std::string node_label(const NodeProto& node, size_t index);

/// operator.cpp: any node that becomes nodes of the graph, by rewriting and checking.
void import_operator(const NodeContext& context);

/// constants.cpp: Constant, and Identity of a constant.
void import_constant(const NodeContext& context);

/// Reads a weight; warns of NaN and infinite elements. Throws Error.
Tensor read_initializer(Session& session, const TensorProto& tensor, const std::string& place);

/// functions.cpp: puts the nodes of a function of the model in the place of a call.
void inline_function(const NodeContext& context, const FunctionProto& function);

/// subgraphs.cpp: If, Loop and Scan.
bool has_subgraphs(const NodeProto& node);
void import_subgraphs(const NodeContext& context);

}  // namespace ingot::onnx
