// Names, captures, and the walk over the nodes of one graph.
#include "compiler/onnx/scope.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/onnx/node_order.h"
#include "core/base/error.h"

namespace ingot::onnx {

ValueId Body::capture(ValueId outside) {
  const Value& value = outer->graph.value(outside);
  if (value.is_constant() && value.type.constant.elements() <= kLargestBodyConstant) {
    ValueId& copy = repeated[outside.index];
    if (!copy) copy = graph.add_constant(value.type.constant, value.name);
    return copy;
  }
  for (const Capture& known : captures) {
    if (known.outside == outside) return known.inside;
  }
  captures.push_back({outside, graph.add_input(value.name, value.type.dtype, value.type.dims)});
  return captures.back().inside;
}

ValueId Body::add_constant(Tensor tensor, std::string name) {
  if (!outer || tensor.elements() <= kLargestBodyConstant) {
    return graph.add_constant(std::move(tensor), std::move(name));
  }
  return capture(outer->add_constant(std::move(tensor), std::move(name)));
}

Scope::Binding Scope::find(std::string_view name) {
  if (const auto found = names_.find(name); found != names_.end()) return found->second;
  if (!outer_) return {};
  Binding binding = outer_->find(name);
  if (binding.state == Binding::kValue && &outer_->body_ != &body_) {
    binding.value = body_.capture(binding.value);
  }
  return binding;
}

void Scope::bind(std::string_view name, ValueId value, const std::string& where) {
  const auto [at, is_new] = names_.try_emplace(name, Binding{Binding::kValue, value});
  if (is_new) return;
  session_.problem({"onnx.duplicate_value",
                    fmt::format("the name \"{}\" stands for two values", name), where,
                    "give every output of every node a name of its own"});
}

std::string node_label(const NodeProto& node, size_t index) {
  return node.name.empty() ? fmt::format("{}_{}", node.op_type, index) : std::string(node.name);
}

std::string Scope::where(const NodeProto& node, size_t index) const {
  const auto opset = opsets_.find(node.domain);
  const std::string version = opset == opsets_.end() ? "none" : fmt::format("{}", opset->second);
  return fmt::format("{}, node {} \"{}\"{}, opset {}{}", session_.file(), index,
                     node_label(node, index), place_, version,
                     node.domain.empty() ? "" : fmt::format(" of \"{}\"", node.domain));
}

const AttributeProto* Scope::resolve(const AttributeProto& attribute) const {
  if (attribute.ref_attr_name.empty()) return &attribute;
  if (!arguments_) return nullptr;
  const auto found = arguments_->find(attribute.ref_attr_name);
  return found == arguments_->end() ? nullptr : found->second;
}

void Scope::import(std::span<const TensorProto> initializers,
                   std::span<const std::string_view> sparse_initializers,
                   std::span<const NodeProto> nodes, std::span<const std::string_view> outputs) {
  for (const TensorProto& initializer : initializers) {
    const std::string where =
        fmt::format("{}, initializer \"{}\"{}", session_.file(), initializer.name, place_);
    try {
      Tensor tensor = read_initializer(session_, initializer, where);
      bind(initializer.name,
           body_.add_constant(std::move(tensor), prefix_ + std::string(initializer.name)), where);
    } catch (const Error& error) {
      session_.problems_of(error, where);
      poison(initializer.name);
    }
  }
  for (const std::string_view name : sparse_initializers) {
    session_.problem({"onnx.unsupported_type",
                      fmt::format("initializer \"{}\" is a sparse tensor", name),
                      session_.file() + place_, "store the weight as a dense tensor"});
    poison(name);
  }
  reads_.insert(outputs.begin(), outputs.end());
  for (const NodeProto& node : nodes) collect_reads(node, reads_);

  const NodeOrder order = order_nodes(nodes);
  if (!order.cycle.empty()) {
    std::string names;
    for (const size_t index : order.cycle) {
      names += fmt::format("\"{}\" -> ", node_label(nodes[index], index));
    }
    const size_t first = order.cycle.front();
    session_.problem({"onnx.cyclic_graph",
                      fmt::format("nodes feed each other in a circle: {}\"{}\"", names,
                                  node_label(nodes[first], first)),
                      where(nodes[first], first),
                      "a model must not have cycles; use Loop or Scan for recurrences"});
    for (const NodeProto& node : nodes) {
      for (const std::string_view output : node.outputs) poison(output);
    }
    return;
  }
  for (const size_t index : order.order) import_node(nodes[index], index);
}

ValueId Scope::output(std::string_view name, const std::string& where) {
  const Binding binding = find(name);
  if (binding.state == Binding::kValue) return binding.value;
  if (binding.state == Binding::kUnknown || binding.state == Binding::kAbsent) {
    std::vector<std::string> known;
    for (const auto& [known_name, unused] : names_) known.emplace_back(known_name);
    std::sort(known.begin(), known.end());
    session_.problem({"onnx.missing_value", fmt::format("output \"{}\" is made by no node", name),
                      where, suggest(name, known)});
  }
  return {};
}

void Scope::import_node(const NodeProto& node, size_t index) {
  const auto opset = opsets_.find(node.domain);
  const NodeContext context{.scope = *this,
                            .node = node,
                            .name = prefix_ + node_label(node, index),
                            .where = where(node, index),
                            .opset = opset == opsets_.end() ? 1 : opset->second};
  try {
    session_.count_node(context.where);
    if (const FunctionProto* function = session_.function(node)) {
      inline_function(context, *function);
    } else if (node.domain.empty() && node.op_type == "Constant") {
      import_constant(context);
    } else if (has_subgraphs(node)) {
      import_subgraphs(context);
    } else {
      import_operator(context);
    }
  } catch (const Error& error) {
    session_.problems_of(error, context.where);
    context.poison_outputs();
  } catch (const std::exception& error) {
    // A shape rule ran over contents that no sound model has.
    session_.problem({"onnx.bad_node",
                      fmt::format("{}: its inputs and attributes do not fit each other ({})",
                                  node.op_type, error.what()),
                      context.where, "export the model again; its exporter has a bug"});
    context.poison_outputs();
  }
}

std::optional<std::vector<ValueId>> NodeContext::inputs() const {
  std::vector<ValueId> values;
  bool complete = true;
  for (const std::string_view input : node.inputs) {
    if (input.empty()) {
      values.emplace_back();
      continue;
    }
    const Scope::Binding binding = scope.find(input);
    values.push_back(binding.value);
    complete &= binding.state != Scope::Binding::kPoisoned;
    if (binding.state == Scope::Binding::kUnknown) {
      scope.session().problem(
          {"onnx.missing_value", fmt::format("input \"{}\" is made by no node", input), where,
           "a node, an input of the graph or an initializer must have that name"});
      complete = false;
    }
  }
  while (!values.empty() && !values.back()) values.pop_back();
  if (!complete) return std::nullopt;
  return values;
}

std::vector<std::string> NodeContext::output_names() const {
  std::vector<std::string> names;
  for (const std::string_view output : node.outputs) {
    const bool wanted = !output.empty() && scope.is_read(output);
    names.push_back(wanted ? scope.prefix() + std::string(output) : "");
  }
  const bool any =
      std::any_of(names.begin(), names.end(), [](auto& name) { return !name.empty(); });
  if (!any && !names.empty()) names[0] = scope.prefix() + std::string(node.outputs[0]);
  return names;
}

void NodeContext::bind_outputs(std::span<const ValueId> values) const {
  for (size_t i = 0; i < values.size() && i < node.outputs.size(); ++i) {
    if (values[i] && !node.outputs[i].empty()) scope.bind(node.outputs[i], values[i], where);
  }
}

void NodeContext::poison_outputs() const {
  for (const std::string_view output : node.outputs) {
    if (!output.empty()) scope.poison(output);
  }
}

}  // namespace ingot::onnx
