// If, Loop and Scan: a subgraph is imported like a graph of its own, whose inputs are its declared
// ones and then the outer values that it reads; what comes out is a Program.
//
//   If(c) {then_branch: reads x, y}    =>    If(c, x, y) {then_branch=program(2) {...}, ...}
//
// An If whose condition is known becomes the nodes of the branch that is taken.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/onnx/attributes.h"
#include "compiler/onnx/subgraph_body.h"
#include "core/base/error.h"

namespace ingot::onnx {
namespace {

std::optional<bool> known_condition(const Value& condition) {
  if (condition.is_constant() && condition.type.constant.elements() == 1) {
    return condition.type.constant.to_integers()[0] != 0;
  }
  const auto& contents = condition.type.contents;
  if (!contents || contents->size() != 1 || !contents->front().is_constant()) return std::nullopt;
  return contents->front().constant() != 0;
}

void check_output_count(const NodeContext& context, size_t outputs, size_t expected) {
  if (outputs == expected) return;
  fail({"onnx.bad_arity",
        fmt::format("{} has {} outputs, its subgraph makes {}", context.node.op_type, outputs,
                    expected),
        context.where, "export the model again; its exporter has a bug"});
}

/// The size that `condition` compares with 1, if that is what it does.
std::optional<Dim> size_compared_with_one(const Graph& graph, ValueId condition) {
  const NodeId test = graph.producer(condition);
  if (!test || !graph.node(test).is("Equal")) return std::nullopt;
  for (const int side : {0, 1}) {
    const auto& size = graph.input(test, side).type.contents;
    const auto& one = graph.input(test, 1 - side).type.contents;
    if (!size || !one || size->size() != 1 || one->size() != 1) continue;
    if (one->front() == Dim(1)) return size->front();
  }
  return std::nullopt;
}

/// PyTorch's squeeze(axis) of an axis of unknown size:
///   If(Equal(size of the axis, 1)) {Squeeze(x)} else {Identity(x)}
/// Its result has no fixed rank, and what reads it is made for the squeezed one.
bool is_optional_squeeze(const NodeContext& context, ValueId condition,
                         const ImportedBody& then_body, const ImportedBody& else_body) {
  const Graph& graph = context.scope.graph();
  const std::optional<Dim> size = size_compared_with_one(graph, condition);
  if (!size || then_body.captures.size() != 1 || else_body.captures.size() != 1) return false;
  const ValueId x = then_body.captures[0].outside;
  const bool one_axis = std::ranges::find(graph.dims(x), *size) != graph.dims(x).end();
  if (!one_axis || else_body.captures[0].outside != x) return false;
  const std::vector<NodeId> then_nodes = then_body.graph.nodes();
  return then_nodes.size() == 1 && then_body.graph.node(then_nodes[0]).is("Squeeze") &&
         std::ranges::all_of(else_body.graph.nodes(),
                             [&](NodeId id) { return else_body.graph.node(id).is("Identity"); });
}

void import_if(const NodeContext& context, const std::vector<ValueId>& inputs) {
  if (inputs.size() != 1 || !inputs[0]) {
    fail({"onnx.missing_input", "If: the condition is missing", context.where,
          "export the model again; its exporter has a bug"});
  }
  Scope& outer = context.scope;
  const GraphProto& taken = subgraph(context, "then_branch");
  const GraphProto& other = subgraph(context, "else_branch");
  check_output_count(context, context.node.outputs.size(), taken.outputs.size());
  check_output_count(context, context.node.outputs.size(), other.outputs.size());
  if (const auto condition = known_condition(outer.graph().value(inputs[0]))) {
    return *condition ? inline_branch(context, taken, "then_branch")
                      : inline_branch(context, other, "else_branch");
  }
  const auto then_body = import_body(context, taken, "then_branch", {});
  const auto else_body = import_body(context, other, "else_branch", {});
  if (!then_body || !else_body) return context.poison_outputs();
  if (is_optional_squeeze(context, inputs[0], *then_body, *else_body)) {
    outer.session().warn(
        {"onnx.assumed_squeeze",
         "If: an axis is dropped where its size is 1 and kept where not; it is taken to be 1",
         context.where, "give inputs a size for which it is, or export with squeeze() removed"});
    return inline_branch(context, taken, "then_branch");
  }
  add_node_with_bodies(context, inputs, {},
                       {{"then_branch", &*then_body}, {"else_branch", &*else_body}});
}

/// The type of a state before its first round.
FormalInput formal_of(const Graph& graph, ValueId value) {
  return {graph.dtype(value), graph.dims(value)};
}

/// Gives axes that differ between a state's input and output a symbol of their own; false if there
/// are none.
bool widen_states(const NodeContext& context, const GraphProto& proto, const ImportedBody& body,
                  std::vector<FormalInput>& formals, size_t first_state, size_t states,
                  size_t first_output) {
  bool changed = false;
  for (size_t i = 0; i < states; ++i) {
    const std::string_view name = proto.inputs[first_state + i].name;
    SymbolicShape& before = formals[first_state + i].dims;
    const SymbolicShape& after = body.graph.dims(body.outputs[first_output + i]);
    if (before.size() != after.size()) continue;
    for (size_t axis = 0; axis < before.size(); ++axis) {
      if (before[axis] == after[axis]) continue;
      before[axis] = context.scope.session().symbols().fresh(name, axis);
      changed = true;
    }
  }
  return changed;
}

/// Imports a body whose first outputs (from `first_output`) are fed back to inputs (from
/// `first_state`). States that change their size from round to round are seen in a second pass.
std::optional<ImportedBody> import_recurrent(const NodeContext& context, const GraphProto& proto,
                                             std::vector<FormalInput> formals, size_t first_state,
                                             size_t states, size_t first_output) {
  auto body = import_body(context, proto, "body", formals);
  if (!body || !widen_states(context, proto, *body, formals, first_state, states, first_output)) {
    return body;
  }
  return import_body(context, proto, "body", formals);
}

/// The counter and the condition are scalars in Ingot; bodies may declare them as [1].
FormalInput scalar_formal(const GraphProto& proto, size_t i, DType dtype) {
  return {dtype, {}, i < proto.inputs.size() && proto.inputs[i].dims.size() == 1};
}

void import_loop(const NodeContext& context, const std::vector<ValueId>& inputs) {
  const GraphProto& proto = subgraph(context, "body");
  std::vector<ValueId> node_inputs = inputs;
  const size_t states = context.node.inputs.size() > 2 ? context.node.inputs.size() - 2 : 0;
  node_inputs.resize(2 + states);
  std::vector<FormalInput> formals{scalar_formal(proto, 0, DType::kI64),
                                   scalar_formal(proto, 1, DType::kBool)};
  for (size_t i = 0; i < states; ++i) {
    if (!node_inputs[2 + i]) {
      fail({"onnx.missing_input", fmt::format("Loop: state {} has no first value", i),
            context.where, "export the model again; its exporter has a bug"});
    }
    formals.push_back(formal_of(context.scope.graph(), node_inputs[2 + i]));
  }
  if (proto.outputs.size() < 1 + states) {
    fail({"onnx.bad_arity",
          fmt::format("Loop: the body makes {} values for {} states and a condition",
                      proto.outputs.size(), states),
          context.where, "export the model again; its exporter has a bug"});
  }
  check_output_count(context, context.node.outputs.size(), proto.outputs.size() - 1);
  const auto body = import_recurrent(context, proto, std::move(formals), 2, states, 1);
  if (!body) return context.poison_outputs();
  add_node_with_bodies(context, std::move(node_inputs), {}, {{"body", &*body}});
}

void import_scan(const NodeContext& context, const std::vector<ValueId>& inputs) {
  if (context.opset < 9) {
    fail({"onnx.unsupported_operator", "Scan of opset 8 is not supported", context.where,
          "export the model with opset 9 or newer"});
  }
  const GraphProto& proto = subgraph(context, "body");
  Attributes attributes = read_attributes(context);
  const int64_t scans = attributes.integer("num_scan_inputs", -1);
  const auto count = static_cast<int64_t>(inputs.size());
  const bool complete = std::ranges::all_of(inputs, [](ValueId id) { return bool(id); });
  const int64_t states = count - scans;
  if (scans < 1 || states < 0 || !complete || proto.outputs.size() < static_cast<size_t>(states)) {
    fail({"onnx.bad_arity", fmt::format("Scan: {} of {} inputs are scanned", scans, count),
          context.where, "export the model again; its exporter has a bug"});
  }
  check_output_count(context, context.node.outputs.size(), proto.outputs.size());
  const std::vector<int64_t> axes = attributes.integers("scan_input_axes");
  std::vector<FormalInput> formals;
  for (int64_t i = 0; i < count; ++i) {
    FormalInput formal = formal_of(context.scope.graph(), inputs[static_cast<size_t>(i)]);
    if (i >= states) {
      const auto scan = static_cast<size_t>(i - states);
      const int axis = normalize_axis(scan < axes.size() ? axes[scan] : 0,
                                      static_cast<int>(formal.dims.size()), "Scan");
      formal.dims.erase(formal.dims.begin() + axis);
    }
    formals.push_back(std::move(formal));
  }
  const auto body =
      import_recurrent(context, proto, std::move(formals), 0, static_cast<size_t>(states), 0);
  if (!body) return context.poison_outputs();
  add_node_with_bodies(context, inputs, std::move(attributes), {{"body", &*body}});
}

}  // namespace

bool has_subgraphs(const NodeProto& node) {
  const bool control = node.op_type == "If" || node.op_type == "Loop" || node.op_type == "Scan";
  return control && node.domain.empty() && find_op(node.op_type);
}

void import_subgraphs(const NodeContext& context) {
  const std::optional<std::vector<ValueId>> inputs = context.inputs();
  if (!inputs) return context.poison_outputs();
  if (context.node.op_type == "If") return import_if(context, *inputs);
  if (context.node.op_type == "Loop") return import_loop(context, *inputs);
  import_scan(context, *inputs);
}

}  // namespace ingot::onnx
