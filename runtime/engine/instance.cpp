// Address tables of steps.
#include "runtime/engine/instance.h"

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
  const auto add_slots = [&](const std::vector<int>& values, auto& slots, bool is_output) {
    for (const int value : values) {
      if (value >= 0) {
        const int root = shapes_->values[static_cast<size_t>(value)].root;
        const Storage storage = plan.values[static_cast<size_t>(root)].storage;
        if (storage == Storage::kInput || storage == Storage::kOutput) {
          patches_.push_back({is_output, slots.size(), value});
        }
      }
      slots.push_back(nullptr);
    }
  };
  for (const PlanStep& step : plan.steps) {
    first_input_.push_back(inputs_.size());
    add_slots(step.inputs, inputs_, false);
    first_output_.push_back(outputs_.size());
    add_slots(step.outputs, outputs_, true);
  }
  for (size_t step = 0; step < plan.steps.size(); ++step) {
    memory_.push_back({inputs_.data() + first_input_[step], outputs_.data() + first_output_[step],
                       nullptr, nullptr});
  }
}

std::byte* Instance::address(int value, std::byte* arena, const BorderAddresses& border) const {
  const ValueGeometry& geometry = shapes_->values[static_cast<size_t>(value)];
  if (!geometry.known) return nullptr;
  const auto root = static_cast<size_t>(geometry.root);
  const PlanValue& owner = engine_.plan.values[root];
  std::byte* base = nullptr;
  switch (owner.storage) {
    case Storage::kConstant:
      // Steps read it only: a plan that writes a constant is refused when it is loaded.
      base = const_cast<std::byte*>(
          engine_.plan.constants[static_cast<size_t>(owner.constant)].bytes.data());
      break;
    case Storage::kArena:
      base =
          shapes_->arena_offsets[root] == kNowhere ? nullptr : arena + shapes_->arena_offsets[root];
      break;
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

void Instance::bind_arena(std::byte* arena) {
  const Plan& plan = engine_.plan;
  for (size_t step = 0; step < plan.steps.size(); ++step) {
    const PlanStep& plan_step = plan.steps[step];
    for (size_t i = 0; i < plan_step.inputs.size(); ++i) {
      const int value = plan_step.inputs[i];
      if (value >= 0) step_inputs(step)[i] = address(value, arena, no_border_);
    }
    for (size_t i = 0; i < plan_step.outputs.size(); ++i) {
      const int value = plan_step.outputs[i];
      if (value >= 0) step_outputs(step)[i] = address(value, arena, no_border_);
    }
    const size_t scratch = shapes_->scratch_offsets[step];
    memory_[step].scratch = scratch == kNowhere ? nullptr : arena + scratch;
  }
  arena_ = arena;
  bound_ = true;
}

void Instance::bind(std::byte* arena, const BorderAddresses& border) {
  if (!bound_ || arena != arena_) bind_arena(arena);
  for (const Patch& patch : patches_) {
    void* address = this->address(patch.value, arena, border);
    if (patch.is_output) {
      outputs_[patch.slot] = address;
    } else {
      inputs_[patch.slot] = address;
    }
  }
}

}  // namespace ingot
