// Small helpers with which passes find patterns: scalar constants, single readers, commuted inputs.
#pragma once

#include <optional>

#include "compiler/graph/graph.h"

namespace ingot {

/// The node producing `value` if it is op `name`, else none.
NodeId producer_of(const Graph& graph, ValueId value, std::string_view name);

/// The producer if it is op `name` and `value` has no other reader and is no graph output.
NodeId sole_producer_of(const Graph& graph, ValueId value, std::string_view name);

/// The one value of a constant all of whose elements are equal (as float), else nothing.
std::optional<float> uniform_constant(const Graph& graph, ValueId value);
bool is_uniform(const Graph& graph, ValueId value, float expected, float tolerance = 1e-5F);

/// For a commutative binary node: {the input made by op `name`, the other input}, or {none, none}.
struct Commuted {
  NodeId producer;
  ValueId matched, other;
  explicit operator bool() const { return static_cast<bool>(producer); }
};
Commuted match_either(const Graph& graph, NodeId binary, std::string_view name);

/// Origins of several nodes joined, each name once, in order.
std::vector<std::string> merged_origin(const Graph& graph, std::initializer_list<NodeId> nodes);

}  // namespace ingot
