// One-step plans and signatures: see the header.
#include "compiler/tune/one_step_plan.h"

#include <fmt/core.h>

#include "ingot/engine.h"

namespace ingot {
namespace {

SymbolicShape fixed(const Shape& shape) {
  SymbolicShape dims;
  for (int64_t dim : shape.dims()) dims.emplace_back(dim);
  return dims;
}

}  // namespace

Plan one_step_plan(const TacticNode& node, const Candidate& candidate, const Target& target,
                   const KernelStore* kernels) {
  Plan plan;
  plan.ingot_version = version();
  plan.device = target.device;
  if (kernels) add_kernels(&plan, candidate.kernels, *kernels);
  plan.profiles.emplace_back();
  PlanStep step;
  step.name = candidate.tactic;
  step.kind = candidate.kind;
  step.tactic = candidate.tactic;
  step.attributes = candidate.attributes;
  for (int i = 0; i < node.input_count(); ++i) {
    if (!node.has_input(i)) {
      step.inputs.push_back(-1);
      continue;
    }
    PlanValue value;
    value.name = fmt::format("in{}", i);
    value.dtype = node.input_dtype(i);
    value.dims = plan.dim_indices(fixed(node.input_shape(i)));
    const int index = static_cast<int>(plan.values.size());
    if (node.is_constant(i)) {
      const Tensor constant = node.constant(i).aligned();
      value.storage = Storage::kConstant;
      value.constant = static_cast<int>(plan.constants.size());
      plan.constants.push_back({constant.dtype(),
                                constant.shape(),
                                "",
                                {static_cast<const std::byte*>(constant.data()), constant.bytes()},
                                constant.owner()});
    } else {
      value.layout = candidate.inputs[static_cast<size_t>(i)];
      value.storage = Storage::kInput;
      plan.inputs.push_back({value.name, index});
    }
    plan.values.push_back(std::move(value));
    step.inputs.push_back(index);
  }
  for (int i = 0; i < node.output_count(); ++i) {
    if (!node.node().outputs[static_cast<size_t>(i)]) {
      step.outputs.push_back(-1);
      continue;
    }
    PlanValue value;
    value.name = fmt::format("out{}", i);
    value.dtype = node.output_dtype(i);
    value.dims = plan.dim_indices(fixed(node.output_shape(i)));
    value.layout = candidate.outputs[static_cast<size_t>(i)];
    value.storage = Storage::kOutput;
    plan.outputs.push_back({value.name, static_cast<int>(plan.values.size())});
    step.outputs.push_back(static_cast<int>(plan.values.size()));
    plan.values.push_back(std::move(value));
  }
  plan.steps.push_back(std::move(step));
  return plan;
}

std::string candidate_signature(const TacticNode& node, const Candidate& candidate) {
  std::string text = candidate.tactic + " " + candidate.attributes.to_string();
  const auto describe = [&text](DType dtype, const Shape& shape, Layout layout, bool constant) {
    text += fmt::format(" {}{}{}:{}", constant ? "const " : "", dtype_name(dtype),
                        shape.to_string(), layout_name(layout));
  };
  for (int i = 0; i < node.input_count(); ++i) {
    if (!node.has_input(i)) {
      text += " _";
      continue;
    }
    const bool constant = node.is_constant(i);
    describe(node.input_dtype(i), node.input_shape(i), candidate.inputs[static_cast<size_t>(i)],
             constant);
    if (constant && is_integer(node.input_dtype(i)) &&
        node.constant(i).elements() <= kMaxTrackedElements) {
      for (int64_t value : node.constant(i).to_integers()) text += fmt::format(",{}", value);
    }
  }
  text += " ->";
  for (int i = 0; i < node.output_count(); ++i) {
    if (!node.node().outputs[static_cast<size_t>(i)]) continue;
    describe(node.output_dtype(i), node.output_shape(i), candidate.outputs[static_cast<size_t>(i)],
             false);
  }
  return text;
}

}  // namespace ingot
