// Helpers of passes for finding patterns and building their replacements.
#include "compiler/graph/match.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "ops/reference.h"

namespace ingot {

NodeId producer_of(const Graph& graph, ValueId value, std::string_view name) {
  if (!value) return {};
  const NodeId id = graph.producer(value);
  return id && graph.node(id).is(name) ? id : NodeId{};
}

NodeId sole_producer_of(const Graph& graph, ValueId value, std::string_view name) {
  const NodeId id = producer_of(graph, value, name);
  return id && sole_reader(graph, value) ? id : NodeId{};
}

NodeId sole_reader(const Graph& graph, ValueId value) {
  if (graph.is_output(value)) return {};
  const auto readers = graph.readers(value);
  return readers.size() == 1 ? readers[0] : NodeId{};
}

ValueId input_or_none(const Graph& graph, NodeId id, int i) {
  return graph.has_input(id, i) ? graph.node(id).inputs[static_cast<size_t>(i)] : ValueId{};
}

std::optional<float> uniform_constant(const Graph& graph, ValueId value) {
  if (!value || !graph.value(value).is_constant()) return std::nullopt;
  const Tensor& tensor = graph.value(value).type.constant;
  // Big uniform tensors do occur (masks), but nothing is matched against them.
  if (tensor.elements() == 0 || tensor.elements() > (1 << 20)) return std::nullopt;
  const std::vector<float> elements = tensor.to_floats();
  for (float element : elements) {
    if (!(element == elements[0])) return std::nullopt;
  }
  return elements[0];
}

bool is_uniform(const Graph& graph, ValueId value, float expected, float tolerance) {
  const auto found = uniform_constant(graph, value);
  if (!found) return false;
  return *found == expected ||
         std::abs(*found - expected) <= tolerance * std::max(1.0F, std::abs(expected));
}

std::optional<std::vector<int64_t>> known_integers(const Graph& graph, ValueId value) {
  if (!value) return std::nullopt;
  const ValueType& type = graph.value(value).type;
  if (type.constant && !is_float(type.dtype)) return type.constant.to_integers();
  if (!type.contents) return std::nullopt;
  std::vector<int64_t> result;
  for (const Dim& dim : *type.contents) {
    if (!dim.is_constant()) return std::nullopt;
    result.push_back(dim.constant());
  }
  return result;
}

Commuted match_either(const Graph& graph, NodeId binary, std::string_view name) {
  const auto& inputs = graph.node(binary).inputs;
  if (inputs.size() != 2) return {};
  for (size_t i : {0, 1}) {
    if (const NodeId found = producer_of(graph, inputs[i], name)) {
      return {found, inputs[i], inputs[1 - i]};
    }
  }
  return {};
}

WithScalar match_scalar(const Graph& graph, NodeId binary) {
  const auto& inputs = graph.node(binary).inputs;
  if (inputs.size() != 2) return {};
  for (size_t i : {1, 0}) {
    if (const auto scalar = uniform_constant(graph, inputs[i])) return {*scalar, inputs[1 - i]};
  }
  return {};
}

namespace {

void collect_factors(const Graph& graph, ValueId value, ValueId whole, int depth,
                     Product* product) {
  const NodeId id = graph.producer(value);
  if (id && value != whole && depth < 16) {
    const Node& node = graph.node(id);
    const auto& inputs = node.inputs;
    if (node.is("Mul")) {
      if (const auto scalar = match_scalar(graph, id)) {
        product->coefficient *= scalar.scalar;
        return collect_factors(graph, scalar.value, whole, depth + 1, product);
      }
      collect_factors(graph, inputs[0], whole, depth + 1, product);
      return collect_factors(graph, inputs[1], whole, depth + 1, product);
    }
    if (node.is("Div")) {
      if (const auto divisor = uniform_constant(graph, inputs[1]); divisor && *divisor != 0) {
        product->coefficient /= *divisor;
        return collect_factors(graph, inputs[0], whole, depth + 1, product);
      }
    }
    if (node.is("Neg")) {
      product->coefficient = -product->coefficient;
      return collect_factors(graph, inputs[0], whole, depth + 1, product);
    }
    if (node.is("Pow")) {
      for (int power : {2, 3}) {
        if (!is_uniform(graph, inputs[1], static_cast<float>(power))) continue;
        for (int i = 0; i < power; ++i)
          collect_factors(graph, inputs[0], whole, depth + 1, product);
        return;
      }
    }
  }
  product->factors.push_back(value);
}

}  // namespace

Product flatten_product(const Graph& graph, ValueId value, ValueId whole) {
  Product product;
  collect_factors(graph, value, whole, 0, &product);
  std::sort(product.factors.begin(), product.factors.end());
  return product;
}

bool Product::is(double expected, std::vector<ValueId> expected_factors) const {
  std::sort(expected_factors.begin(), expected_factors.end());
  // Models are written with a few digits: 0.7071, 0.1666667.
  return factors == expected_factors &&
         std::abs(coefficient - expected) <= 1e-4 * std::abs(expected);
}

NodeAttributes attributes_of(const Graph& graph, NodeId id) {
  return {*graph.node(id).op, graph.node(id).attributes};
}

std::vector<std::string> merged_origin(const Graph& graph, std::span<const NodeId> nodes) {
  std::vector<std::string> result;
  for (NodeId id : nodes) {
    if (!id) continue;
    for (const std::string& name : graph.node(id).origin) {
      if (std::find(result.begin(), result.end(), name) == result.end()) result.push_back(name);
    }
  }
  return result;
}

std::vector<std::string> merged_origin(const Graph& graph, std::initializer_list<NodeId> nodes) {
  return merged_origin(graph, std::span(nodes.begin(), nodes.size()));
}

ValueId fold_now(Graph* graph, std::string_view op, const std::vector<ValueId>& inputs,
                 const Attributes& attributes) {
  std::vector<Tensor> tensors;
  for (ValueId input : inputs) {
    INGOT_CHECK(!input || graph->value(input).is_constant());
    tensors.push_back(input ? graph->value(input).type.constant : Tensor());
  }
  return graph->add_constant(evaluate_op(op_named(op), attributes, tensors, 1)[0]);
}

ValueId add_floats(Graph* graph, std::span<const float> values, const Shape& shape, DType dtype) {
  const ValueId f32 = graph->add_constant(Tensor::from_floats(values, shape));
  if (dtype == DType::kF32) return f32;
  Attributes to;
  to.set("to", dtype);
  return fold_now(graph, "Cast", {f32}, to);
}

ValueId add_scalar(Graph* graph, float value, DType dtype) {
  return add_floats(graph, std::span(&value, 1), Shape{}, dtype);
}

ValueId add_integers(Graph* graph, std::span<const int64_t> values) {
  return graph->add_constant(Tensor::from_integers(values));
}

bool known_at_start(const Graph& graph, std::span<const Dim> dims) {
  std::vector<std::string> needed, given;
  for (const Dim& dim : dims) dim.collect_symbols(&needed);
  if (needed.empty()) return true;
  for (ValueId input : graph.inputs()) {
    for (const Dim& dim : graph.dims(input)) dim.collect_symbols(&given);
  }
  return std::all_of(needed.begin(), needed.end(), [&](const std::string& name) {
    return std::find(given.begin(), given.end(), name) != given.end();
  });
}

std::optional<ValueId> reshape_target(Graph* graph, const SymbolicShape& from,
                                      const SymbolicShape& to) {
  std::vector<int64_t> target;
  int open = 0;
  for (size_t axis = 0; axis < to.size(); ++axis) {
    if (to[axis].is_constant()) {
      // In a Reshape's target, 0 means "as in the input".
      if (to[axis].constant() == 0) return std::nullopt;
      target.push_back(to[axis].constant());
    } else if (axis < from.size() && from[axis] == to[axis]) {
      target.push_back(0);
    } else {
      target.push_back(-1);
      ++open;
    }
  }
  if (open <= 1) return add_integers(graph, target);
  if (!known_at_start(*graph, to)) return std::nullopt;
  Attributes attributes;
  attributes.set("dims", to);
  return graph->add("ShapeTensor", {}, std::move(attributes));
}

bool same_dims(const Graph& graph, ValueId a, ValueId b) { return graph.dims(a) == graph.dims(b); }

std::optional<Shape> static_shape(const SymbolicShape& dims) {
  Shape shape;
  for (const Dim& dim : dims) {
    if (!dim.is_constant()) return std::nullopt;
    shape.push_back(dim.constant());
  }
  return shape;
}

std::string node_label(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (!node.origin.empty()) return node.origin[0];
  for (ValueId output : node.outputs) {
    if (output) return graph.value(output).name;
  }
  return std::string(node.op->name);
}

}  // namespace ingot
