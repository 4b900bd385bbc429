// One node that is neither constant, call nor control flow: rewritten to the newest meaning, checked
// against its operator's definition, added to the graph.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/onnx/attributes.h"
#include "compiler/onnx/opset_rewrites/rewrite.h"
#include "core/base/error.h"

namespace ingot::onnx {
namespace {

/// The definition of operator `name` of the node's domain, or null.
const OpDef* find_definition(std::string_view name, std::string_view domain) {
  const OpDef* op = find_op(name);
  return op && op->domain == domain ? op : nullptr;
}

void report_unsupported(const NodeContext& context, std::string_view name) {
  const NodeProto& node = context.node;
  std::string what = fmt::format("operator {} of opset {} is not supported", name, context.opset);
  std::string fix;
  if (!node.domain.empty()) {
    const bool imported = context.scope.opsets().contains(node.domain);
    what = fmt::format("operator {} of domain \"{}\"{} is not supported", name, node.domain,
                       imported ? fmt::format(" version {}", context.opset)
                                : " (which the model does not import)");
    fix = "export the model with standard ONNX operators";
  } else {
    fix = suggest(name, op_names());
  }
  context.scope.session().problem({"onnx.unsupported_operator", what, context.where, fix});
  context.poison_outputs();
}

/// Reports inputs and outputs that do not fit the definition.
void check_ports(const OpDef& op, const std::vector<ValueId>& inputs, size_t outputs,
                 const std::string& where) {
  const auto is_variadic = [](const std::vector<OpPort>& ports) {
    return !ports.empty() && ports.back().kind == OpPort::kVariadic;
  };
  const auto too_many = [&](std::string_view what, size_t count, size_t most) {
    fail({"onnx.bad_arity",
          fmt::format("{} has {} {}, at most {} are known", op.name, count, what, most), where,
          "export the model with an opset that has this form of the operator"});
  };
  if (outputs == 0) {
    fail({"onnx.bad_arity", fmt::format("{} has no output", op.name), where,
          "export the model again; its exporter has a bug"});
  }
  if (!is_variadic(op.inputs) && inputs.size() > op.inputs.size()) {
    too_many("inputs", inputs.size(), op.inputs.size());
  }
  if (!is_variadic(op.outputs) && outputs > op.outputs.size()) {
    too_many("outputs", outputs, op.outputs.size());
  }
  for (size_t i = 0; i < op.inputs.size(); ++i) {
    if (op.inputs[i].kind != OpPort::kRequired || (i < inputs.size() && inputs[i])) continue;
    fail({"onnx.missing_input",
          fmt::format("{}: input {} ({}) is missing", op.name, i, op.inputs[i].name), where,
          "connect the input; the model is damaged or its exporter has a bug"});
  }
}

}  // namespace

void import_operator(const NodeContext& context) {
  const std::string_view name = context.node.op_type, domain = context.node.domain;
  const bool rewritten = has_rules(name, domain);
  const OpDef* op = find_definition(name, domain);
  if (!op && !rewritten) return report_unsupported(context, name);

  Attributes attributes = read_attributes(context);
  std::optional<std::vector<ValueId>> inputs = context.inputs();
  if (!inputs) {
    // Rules need the inputs; what can be checked without them is checked all the same.
    if (!rewritten) fit_attributes(*op, context, attributes);
    return context.poison_outputs();
  }
  if (name == "Identity" && inputs->size() == 1 &&
      context.scope.graph().value(inputs->front()).is_constant()) {
    return context.bind_outputs(*inputs);
  }
  Rewriting node(context, std::move(*inputs), std::move(attributes));
  apply_rules(node, domain);
  if (node.is_finished()) return;

  op = find_definition(node.op, domain);
  if (!op) return report_unsupported(context, node.op);
  if (!fit_attributes(*op, context, node.attributes)) return context.poison_outputs();

  std::vector<std::string> names = context.output_names();
  while (names.size() > 1 && names.back().empty()) names.pop_back();
  check_ports(*op, node.inputs, names.size(), context.where);
  const int count = static_cast<int>(names.size());
  const NodeId id =
      context.scope.graph().add_node(*op, std::move(node.inputs), std::move(node.attributes),
                                     {context.name}, std::move(names), count);
  context.bind_outputs(context.scope.graph().node(id).outputs);
}

}  // namespace ingot::onnx
