// Functions that a model defines: a call is replaced by the nodes of the function.
#include <fmt/format.h>

#include "compiler/onnx/scope.h"
#include "core/base/error.h"

namespace ingot::onnx {
namespace {

constexpr int kMostNestedCalls = 64;

}  // namespace

void inline_function(const NodeContext& context, const FunctionProto& function) {
  Scope& caller = context.scope;
  Session& session = caller.session();
  if (session.call_depth >= kMostNestedCalls) {
    fail({"onnx.recursive_function",
          fmt::format("function \"{}\" calls itself, or calls nest more than {} deep",
                      function.name, kMostNestedCalls),
          context.where, "a function of a model must not call itself"});
  }
  const std::optional<std::vector<ValueId>> inputs = context.inputs();
  if (!inputs) return context.poison_outputs();
  if (inputs->size() > function.inputs.size() ||
      context.node.outputs.size() > function.outputs.size()) {
    fail({"onnx.bad_arity",
          fmt::format("function \"{}\" has {} inputs and {} outputs, its call has {} and {}",
                      function.name, function.inputs.size(), function.outputs.size(),
                      inputs->size(), context.node.outputs.size()),
          context.where, "export the model again; its exporter has a bug"});
  }
  Scope::Arguments arguments;
  for (const AttributeProto& fallback : function.attributes_with_default) {
    arguments[fallback.name] = &fallback;
  }
  for (const AttributeProto& given : context.node.attributes) {
    if (const AttributeProto* value = caller.resolve(given)) arguments[given.name] = value;
  }
  const Opsets opsets = function.opsets.empty() ? caller.opsets() : opsets_of(function.opsets);
  Scope scope(session, caller.body(), nullptr, opsets, &arguments, context.name + "/",
              fmt::format(" in function \"{}\" called by \"{}\"{}", function.name, context.name,
                          caller.place()));
  for (size_t i = 0; i < function.inputs.size(); ++i) {
    if (i < inputs->size() && (*inputs)[i]) {
      scope.bind(function.inputs[i], (*inputs)[i], context.where);
    } else {
      scope.bind_absent(function.inputs[i]);
    }
  }
  ++session.call_depth;
  scope.import({}, {}, function.nodes, function.outputs);
  --session.call_depth;
  for (size_t i = 0; i < context.node.outputs.size(); ++i) {
    const std::string_view output = context.node.outputs[i];
    if (output.empty()) continue;
    const ValueId value = scope.output(function.outputs[i], context.where);
    if (value) {
      caller.bind(output, value, context.where);
    } else {
      caller.poison(output);
    }
  }
}

}  // namespace ingot::onnx
