// The context of shape rules, broadcasting, and the checks around every rule.
#include "ops/infer.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"

namespace ingot {
namespace {

[[noreturn]] void fail_op(const OpDef& op, std::string id, const std::string& what,
                          std::string fix) {
  fail({std::move(id), fmt::format("{}: {}", op.name, what), "", std::move(fix)});
}

bool is_variadic(const std::vector<OpPort>& ports) {
  return !ports.empty() && ports.back().kind == OpPort::kVariadic;
}

void check_ports(const OpDef& op, const std::vector<const ValueType*>& inputs, int output_count) {
  if (inputs.size() > op.inputs.size() && !is_variadic(op.inputs)) {
    fail_op(op, "op.too_many_inputs",
            fmt::format("{} inputs; it takes {}", inputs.size(), op.inputs.size()),
            "check the operator set that the model claims");
  }
  if (output_count > static_cast<int>(op.outputs.size()) && !is_variadic(op.outputs)) {
    fail_op(op, "op.too_many_outputs",
            fmt::format("{} outputs; it has {}", output_count, op.outputs.size()),
            "check the operator set that the model claims");
  }
  for (size_t i = 0; i < op.inputs.size(); ++i) {
    const bool there = i < inputs.size() && inputs[i];
    if (there || op.inputs[i].kind != OpPort::kRequired) continue;
    fail_op(op, "op.missing_input", fmt::format("input {} ({}) is missing", i, op.inputs[i].name),
            fmt::format("give it: {}", op.inputs[i].summary));
  }
}

/// A number may be written as an integer, and the empty list has no type of its own.
bool is_same_type(const AttributeValue& value, const AttributeValue& expected) {
  if (value.index() == expected.index()) return true;
  if (std::holds_alternative<int64_t>(value)) return std::holds_alternative<float>(expected);
  return std::holds_alternative<std::vector<int64_t>>(value) &&
         std::holds_alternative<std::vector<float>>(expected);
}

void check_attributes(const OpDef& op, const Attributes& attributes) {
  for (const OpAttribute& known : op.attributes) {
    const AttributeValue* value = attributes.find(known.name);
    if (!value && known.required) {
      fail_op(op, "op.missing_attribute", fmt::format("attribute {} is missing", known.name),
              fmt::format("give it: {}", known.summary));
    }
    if (value && !is_same_type(*value, known.fallback)) {
      fail_op(op, "op.bad_attribute",
              fmt::format("attribute {}={} has another type than its default {}", known.name,
                          attribute_to_string(*value), attribute_to_string(known.fallback)),
              fmt::format("{}: {}", known.name, known.summary));
    }
  }
  for (const auto& [name, value] : attributes) {
    const auto same_name = [&](const OpAttribute& known) { return known.name == name; };
    if (std::ranges::any_of(op.attributes, same_name)) continue;
    std::vector<std::string> names;
    for (const OpAttribute& known : op.attributes) names.emplace_back(known.name);
    fail_op(op, "op.unknown_attribute", fmt::format("there is no attribute \"{}\"", name),
            suggest(name, names));
  }
}

std::string place_of(const std::string& node_name) {
  return node_name.empty() ? "" : fmt::format("node \"{}\"", node_name);
}

/// Problems that do not know where they arose get the node.
[[noreturn]] void rethrow_at(const Error& error, const std::string& node_name) {
  std::vector<Problem> problems = error.problems();
  for (Problem& problem : problems) {
    if (problem.where.empty()) problem.where = place_of(node_name);
  }
  throw Error(std::move(problems));
}

Dim broadcast_dim(const Dim& a, const Dim& b, bool* possible) {
  *possible = true;
  if (a == b || b == 1) return a;
  if (a == 1) return b;
  if (a.is_constant() && b.is_constant()) *possible = false;
  if (a.is_constant()) return a;  // b is 1 or equal when it runs
  if (b.is_constant()) return b;
  return Dim::max(a, b);
}

}  // namespace

std::optional<std::vector<Dim>> contents_of(const Tensor& tensor) {
  if (!tensor || tensor.shape().rank() > 1 || tensor.elements() > kMaxTrackedElements) {
    return std::nullopt;
  }
  if (!is_integer(tensor.dtype()) && tensor.dtype() != DType::kBool) return std::nullopt;
  const std::vector<int64_t> integers = tensor.to_integers();
  return std::vector<Dim>(integers.begin(), integers.end());
}

InferContext::InferContext(const OpDef& op, const Attributes& attributes,
                           const std::vector<const ValueType*>& inputs, int output_count,
                           std::string node_name)
    : NodeAttributes(op, attributes),
      inputs_(inputs),
      outputs_(static_cast<size_t>(output_count)),
      node_name_(std::move(node_name)) {}

const ValueType& InferContext::input(int i) const {
  if (!has_input(i)) {
    fail("op.missing_input", fmt::format("input {} is missing", i),
         "connect it, or export the model again");
  }
  return *inputs_[static_cast<size_t>(i)];
}

std::optional<std::vector<int64_t>> InferContext::known_integers(int i) const {
  if (!has_input(i)) return std::nullopt;
  const ValueType& type = input(i);
  if (type.constant) {
    if (is_float(type.constant.dtype())) return std::nullopt;
    return type.constant.to_integers();
  }
  if (!type.contents) return std::nullopt;
  std::vector<int64_t> integers;
  for (const Dim& dim : *type.contents) {
    if (!dim.is_constant()) return std::nullopt;
    integers.push_back(dim.constant());
  }
  return integers;
}

std::optional<std::vector<Dim>> InferContext::known_dims(int i) const {
  if (!has_input(i)) return std::nullopt;
  if (input(i).contents) return input(i).contents;
  const auto integers = known_integers(i);
  if (!integers) return std::nullopt;
  return std::vector<Dim>(integers->begin(), integers->end());
}

std::optional<std::vector<float>> InferContext::known_floats(int i) const {
  if (!has_input(i)) return std::nullopt;
  if (input(i).constant) return input(i).constant.to_floats();
  const auto integers = known_integers(i);
  if (!integers) return std::nullopt;
  return std::vector<float>(integers->begin(), integers->end());
}

void InferContext::set_output(int i, DType dtype, SymbolicShape dims) {
  if (dims.size() > Shape::kMaxRank) {
    fail("op.bad_rank", fmt::format("output {} would have {} axes", i, dims.size()),
         fmt::format("merge axes: at most {} are supported", Shape::kMaxRank));
  }
  for (const Dim& dim : dims) {
    if (!dim.is_constant() || dim.constant() >= 0) continue;
    fail("op.bad_shape", fmt::format("output {} would have the shape {}", i, to_string(dims)),
         "use larger inputs, or check the attributes");
  }
  ValueType& output = outputs_.at(static_cast<size_t>(i));
  output.dtype = dtype;
  output.dims = std::move(dims);
}

void InferContext::set_contents(int i, std::vector<Dim> contents) {
  ValueType& output = outputs_.at(static_cast<size_t>(i));
  if (contents.size() > kMaxTrackedElements) return;
  INGOT_CHECK(elements(output.dims) == Dim(static_cast<int64_t>(contents.size())));
  output.contents = std::move(contents);
}

Dim InferContext::unknown_dim(int output, int axis) {
  return Dim::symbol(fmt::format("?{}.{}.{}", node_name_, output, axis));
}

void InferContext::fail(std::string id, std::string what, std::string fix) const {
  ingot::fail({std::move(id), fmt::format("{}: {}", op().name, what), place_of(node_name_),
               std::move(fix)});
}

void InferContext::require_rank(int i, int at_least, int at_most) const {
  const int actual = rank(i);
  if (actual >= at_least && actual <= at_most) return;
  const std::string expected = at_least == at_most ? fmt::format("{}", at_least)
                               : at_most == Shape::kMaxRank
                                   ? fmt::format("at least {}", at_least)
                                   : fmt::format("{} to {}", at_least, at_most);
  fail("op.bad_rank",
       fmt::format("input {} has the shape {}: {} axes, expected {}", i, to_string(dims(i)), actual,
                   expected),
       "reshape it before this node");
}

void InferContext::require_same_dtype(int i, int j) const {
  if (input(i).dtype == input(j).dtype) return;
  fail("op.bad_type",
       fmt::format("input {} is {}, input {} is {}; they must be the same", i,
                   dtype_name(input(i).dtype), j, dtype_name(input(j).dtype)),
       "cast one of them");
}

SymbolicShape broadcast(const SymbolicShape& a, const SymbolicShape& b, std::string_view op) {
  const SymbolicShape& longer = a.size() >= b.size() ? a : b;
  const SymbolicShape& shorter = a.size() >= b.size() ? b : a;
  SymbolicShape result = longer;
  const size_t ahead = longer.size() - shorter.size();
  for (size_t i = 0; i < shorter.size(); ++i) {
    bool possible = false;
    result[ahead + i] = broadcast_dim(longer[ahead + i], shorter[i], &possible);
    if (possible) continue;
    fail({"op.not_broadcastable",
          fmt::format("{}: shapes {} and {} do not broadcast: {} against {}", op, to_string(a),
                      to_string(b), longer[ahead + i].to_string(), shorter[i].to_string()),
          "", "make the dims equal, or one of them 1"});
  }
  return result;
}

std::vector<ValueType> infer_types(const OpDef& op, const Attributes& attributes,
                                   const std::vector<const ValueType*>& inputs, int output_count,
                                   const std::string& node_name) {
  try {
    check_ports(op, inputs, output_count);
    check_attributes(op, attributes);
    InferContext context(op, attributes, inputs, output_count, node_name);
    op.infer(context);
    for (ValueType& output : context.outputs()) {
      if (output.constant && !output.contents) output.contents = contents_of(output.constant);
    }
    return std::move(context.outputs());
  } catch (const Error& error) {
    rethrow_at(error, node_name);
  }
}

}  // namespace ingot
