// Running reference evaluations: one operator, or a whole subgraph.
#include "ops/reference.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/node/program.h"
#include "ops/registry.h"

namespace ingot {
namespace {

Tensor borrowed(const TensorView& view) { return {view.dtype, view.shape, view.data, nullptr}; }

ValueType type_of(const Tensor& tensor) {
  ValueType type;
  type.dtype = tensor.dtype();
  type.dims.assign(tensor.shape().begin(), tensor.shape().end());
  type.contents = contents_of(tensor);
  type.constant = tensor;
  return type;
}

/// The numbers, where the shape rule knew them all.
std::optional<Shape> known_shape(const SymbolicShape& dims) {
  if (!is_static(dims)) return std::nullopt;
  Shape shape;
  for (const Dim& dim : dims) shape.push_back(dim.constant());
  return shape;
}

/// For every slot the index of the last node that reads it; outputs live to the end.
std::vector<size_t> last_readers(const Program& program) {
  std::vector<size_t> last(static_cast<size_t>(program.slot_count), 0);
  for (size_t i = 0; i < program.nodes.size(); ++i) {
    for (const int slot : program.nodes[i].inputs) {
      if (slot >= 0) last[static_cast<size_t>(slot)] = i;
    }
  }
  for (const int slot : program.outputs) {
    if (slot >= 0) last[static_cast<size_t>(slot)] = program.nodes.size();
  }
  return last;
}

/// Plans carry programs, so a program may be damaged: its slots are checked before it runs.
void check_program(const Program& program, size_t input_count) {
  if (static_cast<size_t>(program.input_count) != input_count) {
    fail({"program.bad_inputs",
          fmt::format("a subgraph with {} inputs was given {}", program.input_count, input_count),
          "", "report this with the model"});
  }
  const auto check = [&](int slot) {
    if (slot < program.slot_count) return;
    fail({"program.bad_slot",
          fmt::format("a subgraph uses slot {} of {}", slot, program.slot_count), "",
          "the file is damaged: build it again"});
  };
  for (const ProgramNode& node : program.nodes) {
    std::ranges::for_each(node.inputs, check);
    std::ranges::for_each(node.outputs, check);
  }
  std::ranges::for_each(program.outputs, check);
}

std::vector<Tensor> evaluate_node(const ProgramNode& node, const std::vector<Tensor>& inputs) {
  try {
    return evaluate_op(op_named(node.op), node.attributes, inputs,
                       static_cast<int>(node.outputs.size()));
  } catch (const Error& error) {
    std::vector<Problem> problems = error.problems();
    for (Problem& problem : problems) {
      if (problem.where.empty()) problem.where = fmt::format("subgraph node \"{}\"", node.origin);
    }
    throw Error(std::move(problems));
  }
}

}  // namespace

std::vector<int64_t> Reference::input_integers(int i) const {
  return borrowed(input(i)).to_integers();
}

std::vector<float> Reference::input_floats(int i) const { return borrowed(input(i)).to_floats(); }

std::vector<Tensor> evaluate_op(const OpDef& op, const Attributes& attributes,
                                const std::vector<Tensor>& inputs, int output_count) {
  std::vector<Tensor> aligned;
  std::vector<ValueType> types;
  aligned.reserve(inputs.size());
  types.reserve(inputs.size());
  std::vector<const ValueType*> type_pointers;
  std::vector<TensorView> views;
  for (const Tensor& input : inputs) {
    aligned.push_back(input.aligned());
    types.push_back(type_of(aligned.back()));
    type_pointers.push_back(input ? &types.back() : nullptr);
    views.push_back(aligned.back().view());
  }
  std::vector<ValueType> output_types =
      infer_types(op, attributes, type_pointers, output_count, "");

  std::vector<Tensor> outputs(static_cast<size_t>(output_count));
  std::vector<TensorView> output_views(static_cast<size_t>(output_count));
  for (size_t i = 0; i < outputs.size(); ++i) {
    output_views[i].dtype = output_types[i].dtype;
    const auto shape = known_shape(output_types[i].dims);
    if (!shape || output_types[i].dtype == DType::kUndefined) continue;
    outputs[i] = Tensor::allocate(output_types[i].dtype, *shape);
    output_views[i] = outputs[i].mutable_view();
  }
  Reference reference(op, attributes, std::move(views), std::move(output_views),
                      [&](int i, DType dtype, const Shape& shape) {
                        Tensor& output = outputs.at(static_cast<size_t>(i));
                        output = Tensor::allocate(dtype, shape);
                        return output.mutable_view();
                      });
  op.evaluate(reference);
  return outputs;
}

std::vector<Tensor> evaluate_program(const Program& program, std::vector<Tensor> inputs) {
  check_program(program, inputs.size());
  const std::vector<size_t> last = last_readers(program);
  std::vector<Tensor> slots = std::move(inputs);
  slots.resize(static_cast<size_t>(program.slot_count));
  for (size_t i = 0; i < program.nodes.size(); ++i) {
    const ProgramNode& node = program.nodes[i];
    std::vector<Tensor> arguments;
    for (const int slot : node.inputs) {
      arguments.push_back(slot < 0 ? Tensor() : slots[static_cast<size_t>(slot)]);
    }
    std::vector<Tensor> results = evaluate_node(node, arguments);
    for (size_t k = 0; k < results.size(); ++k) {
      if (node.outputs[k] >= 0) slots[static_cast<size_t>(node.outputs[k])] = std::move(results[k]);
    }
    for (const int slot : node.inputs) {
      if (slot >= 0 && last[static_cast<size_t>(slot)] == i) slots[static_cast<size_t>(slot)] = {};
    }
  }
  std::vector<Tensor> outputs;
  for (const int slot : program.outputs) {
    outputs.push_back(slot < 0 ? Tensor() : slots[static_cast<size_t>(slot)]);
  }
  return outputs;
}

void fail_dispatch(DType dtype, std::string_view op, std::span<const DType> known) {
  std::string names;
  for (const DType candidate : known) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", dtype_name(candidate));
  }
  fail({"op.bad_type",
        fmt::format("{}: {} is not supported; it takes {}", op, dtype_name(dtype), names), "",
        "cast the input to one of these types"});
}

}  // namespace ingot
