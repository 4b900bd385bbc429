// Small helpers with which passes find patterns and build their replacements: scalar constants,
// single readers, commuted inputs, flattened products, reshapes to symbolic dims.
#pragma once

#include <optional>

#include "compiler/graph/graph.h"

namespace ingot {

/// The node producing `value` if it is op `name`, else none.
NodeId producer_of(const Graph& graph, ValueId value, std::string_view name);

/// The producer if it is op `name` and `value` has no other reader and is no graph output.
NodeId sole_producer_of(const Graph& graph, ValueId value, std::string_view name);

/// The node that is the only one to read `value` (once or more) if it is no graph output, else none.
NodeId sole_reader(const Graph& graph, ValueId value);

/// The value read by input i, or none where the optional input is absent.
ValueId input_or_none(const Graph& graph, NodeId id, int i);

/// The one value of a constant all of whose elements are equal (as float), else nothing.
std::optional<float> uniform_constant(const Graph& graph, ValueId value);
bool is_uniform(const Graph& graph, ValueId value, float expected, float tolerance = 1e-5F);

/// All elements of an integer value that is constant, or whose tracked contents are.
std::optional<std::vector<int64_t>> known_integers(const Graph& graph, ValueId value);

/// For a commutative binary node: {the input made by op `name`, the other input}, or {none, none}.
struct Commuted {
  NodeId producer;
  ValueId matched, other;
  explicit operator bool() const { return static_cast<bool>(producer); }
};
Commuted match_either(const Graph& graph, NodeId binary, std::string_view name);

/// For a commutative binary node one of whose inputs is a uniform constant: that number and the
/// other input; `value` is none where there is no such input.
struct WithScalar {
  float scalar = 0;
  ValueId value;
  explicit operator bool() const { return static_cast<bool>(value); }
};
WithScalar match_scalar(const Graph& graph, NodeId binary);

/// A value as coefficient * factor * factor ...: Mul, Div by a uniform constant, Neg and Pow by 2
/// or 3 are taken apart, whoever else reads what is between; `whole` never is.
struct Product {
  double coefficient = 1;
  std::vector<ValueId> factors;  ///< sorted
  bool is(double expected, std::vector<ValueId> expected_factors) const;
};
Product flatten_product(const Graph& graph, ValueId value, ValueId whole = {});

/// The attributes of a node with the defaults of its operator.
NodeAttributes attributes_of(const Graph& graph, NodeId id);

/// Origins of several nodes joined, each name once, in order.
std::vector<std::string> merged_origin(const Graph& graph, std::initializer_list<NodeId> nodes);
std::vector<std::string> merged_origin(const Graph& graph, std::span<const NodeId> nodes);

/// Evaluates `op` on constants now and adds the result as a constant.
ValueId fold_now(Graph* graph, std::string_view op, const std::vector<ValueId>& inputs,
                 const Attributes& attributes = {});

/// A constant with one element, rank 0.
ValueId add_scalar(Graph* graph, float value, DType dtype);
/// A constant i64 vector.
ValueId add_integers(Graph* graph, std::span<const int64_t> values);
/// A float constant of any float dtype.
ValueId add_floats(Graph* graph, std::span<const float> values, const Shape& shape, DType dtype);

/// True when every symbol of the dims is one of the graph's inputs (none is data-dependent).
bool known_at_start(const Graph& graph, std::span<const Dim> dims);

/// The second input of a Reshape from `from` to `to`: a constant with 0 and -1 where that says it,
/// else a ShapeTensor. Nothing if only the run can tell the dims.
std::optional<ValueId> reshape_target(Graph* graph, const SymbolicShape& from,
                                      const SymbolicShape& to);

/// Equal dims, symbols included.
bool same_dims(const Graph& graph, ValueId a, ValueId b);

/// The numbers of static dims; nothing if a dim is symbolic.
std::optional<Shape> static_shape(const SymbolicShape& dims);

/// Name of a node for people: its first origin, else its first output.
std::string node_label(const Graph& graph, NodeId id);

}  // namespace ingot
