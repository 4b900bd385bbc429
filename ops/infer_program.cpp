// Walks a program node by node with the shape rules of its operators.
#include "ops/infer_program.h"

#include <algorithm>

#include "core/base/error.h"
#include "ops/reference.h"
#include "ops/registry.h"

namespace ingot {
namespace {

/// Results of constants are computed where they stay this small.
constexpr int64_t kMaxFoldedElements = 1024;

void fold_constants(const OpDef& op, const ProgramNode& node,
                    const std::vector<const ValueType*>& inputs, std::vector<ValueType>* outputs) {
  if (op.traits.random || inputs.empty()) return;
  std::vector<Tensor> constants;
  for (const ValueType* input : inputs) {
    if (input != nullptr && !input->constant) return;
    constants.push_back(input != nullptr ? input->constant : Tensor());
  }
  for (const ValueType& output : *outputs) {
    const Dim count = elements(output.dims);
    if (!count.is_constant() || count.constant() > kMaxFoldedElements) return;
  }
  std::vector<Tensor> results =
      evaluate_op(op, node.attributes, constants, static_cast<int>(outputs->size()));
  for (size_t i = 0; i < results.size(); ++i) {
    (*outputs)[i].contents = contents_of(results[i]);
    (*outputs)[i].constant = std::move(results[i]);
  }
}

size_t checked_slot(const Program& program, int slot) {
  INGOT_CHECK(slot >= 0 && slot < program.slot_count);
  return static_cast<size_t>(slot);
}

bool same_type(const ValueType& a, const ValueType& b) {
  return a.dtype == b.dtype && a.dims == b.dims && a.contents == b.contents &&
         a.constant.data() == b.constant.data();
}

}  // namespace

std::vector<ValueType> infer_program(const Program& program,
                                     const std::vector<const ValueType*>& inputs,
                                     const std::string& name) {
  if (static_cast<int>(inputs.size()) != program.input_count) {
    fail({"program.bad_inputs",
          "a subgraph with " + std::to_string(program.input_count) + " inputs is given " +
              std::to_string(inputs.size()),
          "node \"" + name + "\"", "export the model again"});
  }
  std::vector<ValueType> slots(static_cast<size_t>(program.slot_count));
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i] != nullptr) slots.at(i) = *inputs[i];
  }
  for (size_t k = 0; k < program.nodes.size(); ++k) {
    const ProgramNode& node = program.nodes[k];
    const OpDef& op = op_named(node.op);
    std::vector<const ValueType*> arguments;
    for (const int slot : node.inputs) {
      arguments.push_back(slot < 0 ? nullptr : &slots[checked_slot(program, slot)]);
    }
    std::vector<ValueType> results =
        infer_types(op, node.attributes, arguments, static_cast<int>(node.outputs.size()),
                    name + "/" + std::to_string(k));
    fold_constants(op, node, arguments, &results);
    for (size_t i = 0; i < results.size(); ++i) {
      if (node.outputs[i] >= 0) slots[checked_slot(program, node.outputs[i])] = results[i];
    }
  }
  std::vector<ValueType> outputs;
  for (const int slot : program.outputs) outputs.push_back(slots[checked_slot(program, slot)]);
  return outputs;
}

const Program& subgraph_of(const NodeAttributes& node, std::string_view attribute) {
  const auto* program = node.attributes().find_as<std::shared_ptr<const Program>>(attribute);
  if (program == nullptr || *program == nullptr) {
    fail({"op.missing_attribute",
          std::string(node.op().name) + ": the subgraph " + std::string(attribute) + " is missing",
          "", "export the model again"});
  }
  return **program;
}

ValueType joined(InferContext& node, int i, const ValueType& a, const ValueType& b) {
  if (a.dtype != b.dtype || a.dims.size() != b.dims.size()) {
    node.fail("op.subgraphs_differ",
              "output " + std::to_string(i) + " is " + std::string(dtype_name(a.dtype)) +
                  to_string(a.dims) + " or " + std::string(dtype_name(b.dtype)) + to_string(b.dims),
              "make element type and number of axes the same on every way through the node");
  }
  ValueType result;
  result.dtype = a.dtype;
  for (size_t axis = 0; axis < a.dims.size(); ++axis) {
    const bool same = a.dims[axis] == b.dims[axis];
    result.dims.push_back(same ? a.dims[axis] : node.unknown_dim(i, static_cast<int>(axis)));
  }
  if (a.contents == b.contents) result.contents = a.contents;
  if (a.constant && b.constant && same_content(a.constant, b.constant)) {
    result.constant = a.constant;
  }
  return result;
}

std::vector<ValueType> infer_carried(InferContext& node, const Program& body,
                                     const std::vector<const ValueType*>& before,
                                     std::vector<ValueType>* carried,
                                     const std::vector<const ValueType*>& after, size_t skipped) {
  while (true) {
    std::vector<const ValueType*> inputs = before;
    for (const ValueType& type : *carried) inputs.push_back(&type);
    inputs.insert(inputs.end(), after.begin(), after.end());
    std::vector<ValueType> outputs = infer_program(body, inputs, node.node_name());
    if (outputs.size() < skipped + carried->size()) {
      node.fail("op.bad_subgraph", "the body has too few outputs", "export the model again");
    }
    // A dim, content or constant that changes once is unknown from then on, so this ends.
    bool changed = false;
    for (size_t i = 0; i < carried->size(); ++i) {
      ValueType& type = (*carried)[i];
      ValueType next = joined(node, static_cast<int>(i), type, outputs[skipped + i]);
      changed |= !same_type(next, type);
      type = std::move(next);
    }
    if (!changed) return outputs;
  }
}

OpAttribute captures_attribute() {
  return {"captures", 0,
          "inputs at the end that the subgraph reads from outside: its last inputs (Ingot's own)"};
}

}  // namespace ingot
