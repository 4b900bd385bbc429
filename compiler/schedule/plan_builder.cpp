// The plan under construction: see the header.
#include "compiler/schedule/plan_builder.h"

#include <algorithm>

namespace ingot {

int PlanDraft::add_value(PlanValue value) {
  plan.values.push_back(std::move(value));
  return static_cast<int>(plan.values.size()) - 1;
}

void PlanDraft::add_step(PlanStep step, StepFacts step_facts) {
  plan.steps.push_back(std::move(step));
  facts.push_back(step_facts);
}

int PlanDraft::maker(int value) const {
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const auto& outputs = plan.steps[i].outputs;
    if (std::find(outputs.begin(), outputs.end(), value) != outputs.end()) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

std::vector<int> PlanDraft::readers(int value) const {
  std::vector<int> result;
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const auto& inputs = plan.steps[i].inputs;
    if (std::find(inputs.begin(), inputs.end(), value) != inputs.end()) {
      result.push_back(static_cast<int>(i));
    }
  }
  return result;
}

bool PlanDraft::is_output(int value) const {
  return std::any_of(plan.outputs.begin(), plan.outputs.end(),
                     [value](const PlanTensor& tensor) { return tensor.value == value; });
}

bool PlanDraft::has_views(int value) const {
  return std::any_of(plan.values.begin(), plan.values.end(), [value](const PlanValue& other) {
    return other.storage == Storage::kView && other.parent == value;
  });
}

const Dim& PlanDraft::dim(int value, int axis) const {
  const auto& dims = plan.values[static_cast<size_t>(value)].dims;
  return plan.dims[static_cast<size_t>(dims[static_cast<size_t>(axis)])];
}

SymbolicShape PlanDraft::dims(int value) const {
  SymbolicShape shape;
  for (int index : plan.values[static_cast<size_t>(value)].dims) {
    shape.push_back(plan.dims[static_cast<size_t>(index)]);
  }
  return shape;
}

PlanStep copy_step(int from, int to, std::string name, std::vector<std::string> origin) {
  PlanStep step;
  step.name = std::move(name);
  step.kind = "cpu.copy";
  step.tactic = "cpu.copy";
  step.attributes.set("op", std::string("Identity"));
  step.inputs = {from};
  step.outputs = {to};
  step.origin = std::move(origin);
  return step;
}

}  // namespace ingot
