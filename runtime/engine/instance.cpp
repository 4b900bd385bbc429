// Address tables of steps.
#include "runtime/engine/instance.h"

#include <algorithm>

namespace ingot {

Instance::Instance(const Engine::State& engine, std::shared_ptr<const PreparedShapes> shapes)
    : engine_(engine),
      shapes_(std::move(shapes)),
      border_of_(engine.plan.values.size(), -1),
      no_border_{std::vector<void*>(engine.plan.inputs.size(), nullptr),
                 std::vector<void*>(engine.plan.outputs.size(), nullptr)} {
  const Plan& plan = engine.plan;
  for (size_t i = 0; i < plan.inputs.size(); ++i) {
    border_of_[static_cast<size_t>(plan.inputs[i].value)] = static_cast<int>(i);
  }
  for (size_t i = plan.outputs.size(); i-- > 0;) {  // the first output of a value is its memory
    const int value = plan.outputs[i].value;
    if (plan.values[static_cast<size_t>(value)].storage == Storage::kOutput) {
      border_of_[static_cast<size_t>(value)] = static_cast<int>(i);
    }
  }
  const auto add_slots = [&](int step, const std::vector<int>& values, auto& slots,
                             bool is_output) {
    for (const int value : values) {
      if (value >= 0) {
        const int root = shapes_->values[static_cast<size_t>(value)].root;
        const Storage storage = plan.values[static_cast<size_t>(root)].storage;
        if (storage == Storage::kInput || storage == Storage::kOutput) {
          patches_.push_back({step, is_output, slots.size(), value});
        }
      }
      slots.push_back(nullptr);
    }
  };
  for (const PlanStep& step : plan.steps) {
    const auto index = static_cast<int>(first_input_.size());
    first_input_.push_back(inputs_.size());
    add_slots(index, step.inputs, inputs_, false);
    first_output_.push_back(outputs_.size());
    add_slots(index, step.outputs, outputs_, true);
  }
  for (size_t step = 0; step < plan.steps.size(); ++step) {
    memory_.push_back({inputs_.data() + first_input_[step], outputs_.data() + first_output_[step],
                       nullptr, nullptr});
  }
}

std::byte* Instance::address(int value, const RunMemory& memory, const BorderAddresses& border,
                             bool on_host) const {
  const ValueGeometry& geometry = shapes_->values[static_cast<size_t>(value)];
  if (!geometry.known) return nullptr;
  const auto root = static_cast<size_t>(geometry.root);
  const PlanValue& owner = engine_.plan.values[root];
  std::byte* base = nullptr;
  switch (owner.storage) {
    case Storage::kConstant: {
      const auto constant = static_cast<size_t>(owner.constant);
      const void* bytes =
          on_host ? engine_.plan.constants[constant].bytes.data() : engine_.constants[constant];
      // Steps read it only: a plan that writes a constant is refused when it is loaded.
      base = static_cast<std::byte*>(const_cast<void*>(bytes));
      break;
    }
    case Storage::kArena: {
      const bool in_host_arena = engine_.device && owner.layout == Layout::kHost;
      std::byte* arena = in_host_arena ? memory.host_arena : memory.arena;
      const size_t offset = shapes_->arena_offsets[root];
      base = offset == kNowhere || !arena ? nullptr : arena + offset;
      break;
    }
    case Storage::kInput:
      base = static_cast<std::byte*>(border.inputs[static_cast<size_t>(border_of_[root])]);
      break;
    case Storage::kOutput:
      base = static_cast<std::byte*>(border.outputs[static_cast<size_t>(border_of_[root])]);
      break;
    case Storage::kView:
    case Storage::kDynamic:
      break;
  }
  return base ? base + geometry.offset_bytes : nullptr;
}

void Instance::bind_arena(const RunMemory& memory) {
  const Plan& plan = engine_.plan;
  for (size_t step = 0; step < plan.steps.size(); ++step) {
    const PlanStep& plan_step = plan.steps[step];
    const bool on_host = runs_on_host(engine_, step);
    for (size_t i = 0; i < plan_step.inputs.size(); ++i) {
      const int value = plan_step.inputs[i];
      if (value >= 0) step_inputs(step)[i] = address(value, memory, no_border_, on_host);
    }
    for (size_t i = 0; i < plan_step.outputs.size(); ++i) {
      const int value = plan_step.outputs[i];
      if (value >= 0) step_outputs(step)[i] = address(value, memory, no_border_, on_host);
    }
    const size_t scratch = shapes_->scratch_offsets[step];
    std::byte* arena = engine_.device && on_host ? memory.host_arena : memory.arena;
    memory_[step].scratch = scratch == kNowhere ? nullptr : arena + scratch;
    memory_[step].stream = memory.stream;
  }
  bound_to_ = memory;
  bound_ = true;
}

std::vector<int> Instance::steps_that_differ(const BorderAddresses& a,
                                             const BorderAddresses& b) const {
  std::vector<int> steps;
  for (const Patch& patch : patches_) {
    if (address(patch.value, bound_to_, a, false) != address(patch.value, bound_to_, b, false)) {
      steps.push_back(patch.step);
    }
  }
  std::sort(steps.begin(), steps.end());
  steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  return steps;
}

void Instance::bind(const RunMemory& memory, const BorderAddresses& border) {
  if (!bound_ || !(memory == bound_to_)) bind_arena(memory);
  for (const Patch& patch : patches_) {
    void* address = this->address(patch.value, memory, border, false);
    if (patch.is_output) {
      outputs_[patch.slot] = address;
    } else {
      inputs_[patch.slot] = address;
    }
  }
}

}  // namespace ingot
