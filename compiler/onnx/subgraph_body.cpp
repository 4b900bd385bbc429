// Importing the bodies of subgraphs, and numbering their values for programs.
#include "compiler/onnx/subgraph_body.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/onnx/attributes.h"
#include "core/base/error.h"
#include "core/node/program.h"

namespace ingot::onnx {
namespace {

std::string place_of(const NodeContext& context, std::string_view attribute) {
  return fmt::format(" in {} of \"{}\"{}", attribute, context.name, context.scope.place());
}

std::vector<std::string_view> output_names(const GraphProto& proto) {
  std::vector<std::string_view> names;
  for (const ValueInfoProto& output : proto.outputs) names.push_back(output.name);
  return names;
}

/// Numbers the values of a body. Its inputs are the formal ones, then `captured` outer values.
std::shared_ptr<const Program> to_program(const ImportedBody& body,
                                          const std::vector<ValueId>& captured) {
  auto program = std::make_shared<Program>();
  std::vector<int> slots(static_cast<size_t>(body.graph.value_count()), -1);
  const auto slot = [&](ValueId value) -> int& { return slots[static_cast<size_t>(value.index)]; };
  const auto slot_of = [&](ValueId value) {
    if (!value) return -1;
    if (slot(value) < 0) {
      // Not an input and not made by an earlier node: a constant, met for the first time.
      slot(value) = program->slot_count++;
      ProgramNode constant{.op = "Constant",
                           .inputs = {},
                           .outputs = {slot(value)},
                           .attributes = {},
                           .origin = body.graph.value(value).name};
      constant.attributes.set("value", body.graph.value(value).type.constant);
      program->nodes.push_back(std::move(constant));
    }
    return slot(value);
  };
  for (const ValueId formal : body.formals) slot(formal) = program->slot_count++;
  for (const ValueId outside : captured) {
    for (const Capture& capture : body.captures) {
      if (capture.outside == outside) slot(capture.inside) = program->slot_count;
    }
    ++program->slot_count;
  }
  program->input_count = program->slot_count;
  for (const NodeId id : body.graph.nodes()) {
    const Node& node = body.graph.node(id);
    ProgramNode made{.op = std::string(node.op->name),
                     .inputs = {},
                     .outputs = {},
                     .attributes = node.attributes,
                     .origin = node.origin.empty() ? "" : node.origin[0]};
    for (const ValueId input : node.inputs) made.inputs.push_back(slot_of(input));
    for (const ValueId output : node.outputs) {
      made.outputs.push_back(output ? slot(output) = program->slot_count++ : -1);
    }
    program->nodes.push_back(std::move(made));
  }
  for (const ValueId output : body.outputs) program->outputs.push_back(slot_of(output));
  return program;
}

void add_captures(const ImportedBody& body, std::vector<ValueId>& captured) {
  for (const Capture& capture : body.captures) {
    if (std::ranges::find(captured, capture.outside) == captured.end()) {
      captured.push_back(capture.outside);
    }
  }
}

}  // namespace

const GraphProto& subgraph(const NodeContext& context, std::string_view name) {
  for (const AttributeProto& attribute : context.node.attributes) {
    if (attribute.name != name) continue;
    const AttributeProto* resolved = context.scope.resolve(attribute);
    if (resolved && resolved->graphs.size() == 1) return resolved->graphs[0];
  }
  fail({"onnx.missing_attribute",
        fmt::format("{}: the subgraph {} is missing", context.node.op_type, name), context.where,
        "export the model again; its exporter has a bug"});
}

std::optional<ImportedBody> import_body(const NodeContext& context, const GraphProto& proto,
                                        std::string_view attribute,
                                        const std::vector<FormalInput>& formals) {
  Scope& outer = context.scope;
  Session& session = outer.session();
  const size_t problems_before = session.problem_count();
  if (proto.inputs.size() != formals.size()) {
    fail({"onnx.bad_arity",
          fmt::format("{}: the subgraph {} has {} inputs, the node gives {}", context.node.op_type,
                      attribute, proto.inputs.size(), formals.size()),
          context.where, "export the model again; its exporter has a bug"});
  }
  ImportedBody result;
  Body body{.graph = result.graph, .outer = &outer.body()};
  Scope scope(session, body, &outer, outer.opsets(), outer.arguments(), outer.prefix(),
              place_of(context, attribute));
  for (size_t i = 0; i < formals.size(); ++i) {
    const std::string name = outer.prefix() + std::string(proto.inputs[i].name);
    ValueId value = result.graph.add_input(name, formals[i].dtype, formals[i].dims);
    result.formals.push_back(value);
    if (formals[i].as_vector) {
      const ValueId one = result.graph.add_constant(Tensor::from_integers(std::vector<int64_t>{1}));
      value = result.graph.add("Reshape", {value, one}, {}, {context.name});
    }
    scope.bind(proto.inputs[i].name, value, context.where);
  }
  const std::vector<std::string_view> names = output_names(proto);
  scope.import(proto.initializers, proto.sparse_initializers, proto.nodes, names);
  for (const std::string_view name : names) {
    const ValueId value = scope.output(name, context.where);
    if (!value) return std::nullopt;
    result.outputs.push_back(value);
    result.graph.add_output(value, std::string(name));
  }
  if (session.problem_count() > problems_before) return std::nullopt;
  result.graph.remove_dead_nodes();
  for (const Capture& capture : body.captures) {
    if (result.graph.reader_count(capture.inside) > 0) result.captures.push_back(capture);
  }
  return result;
}

void inline_branch(const NodeContext& context, const GraphProto& branch,
                   std::string_view attribute) {
  Scope& outer = context.scope;
  Scope scope(outer.session(), outer.body(), &outer, outer.opsets(), outer.arguments(),
              outer.prefix(), place_of(context, attribute));
  const std::vector<std::string_view> names = output_names(branch);
  scope.import(branch.initializers, branch.sparse_initializers, branch.nodes, names);
  for (size_t i = 0; i < names.size(); ++i) {
    const ValueId value = scope.output(names[i], context.where);
    if (context.node.outputs[i].empty()) continue;
    if (value) {
      outer.bind(context.node.outputs[i], value, context.where);
    } else {
      outer.poison(context.node.outputs[i]);
    }
  }
}

void add_node_with_bodies(const NodeContext& context, std::vector<ValueId> inputs,
                          Attributes attributes,
                          const std::vector<std::pair<std::string, const ImportedBody*>>& bodies) {
  std::vector<ValueId> captured;
  for (const auto& [unused, body] : bodies) add_captures(*body, captured);
  for (const auto& [name, body] : bodies) attributes.set(name, to_program(*body, captured));
  if (context.node.op_type != "If") {
    attributes.set("captures", static_cast<int64_t>(captured.size()));
  }
  inputs.insert(inputs.end(), captured.begin(), captured.end());

  const OpDef& op = *find_op(context.node.op_type);
  if (!fit_attributes(op, context, attributes)) return context.poison_outputs();
  // Outputs keep their places: states and scans are told apart by them.
  const int count = static_cast<int>(context.node.outputs.size());
  std::vector<std::string> names;
  for (const std::string_view output : context.node.outputs) {
    names.push_back(context.scope.prefix() + std::string(output));
  }
  const NodeId id = context.scope.graph().add_node(op, std::move(inputs), std::move(attributes),
                                                   {context.name}, std::move(names), count);
  context.bind_outputs(context.scope.graph().node(id).outputs);
}

}  // namespace ingot::onnx
