// One run of a context: addresses, steps, outputs.
#include <chrono>
#include <cstring>

#include "core/base/error.h"
#include "runtime/engine/context_state.h"
#include "runtime/engine/shape_check.h"

namespace ingot {
namespace {

bool aligned(const void* address, DType dtype) {
  const size_t element = std::max<size_t>(dtype_bytes(dtype), 1);
  return reinterpret_cast<uintptr_t>(address) % element == 0;
}

}  // namespace

bool Context::State::owns_memory(size_t output) const {
  const auto& outputs = plan_state.plan.outputs;
  const int value = outputs[output].value;
  if (plan_state.plan.values[static_cast<size_t>(value)].storage != Storage::kOutput) return false;
  for (size_t i = 0; i < output; ++i) {
    if (outputs[i].value == value) return false;
  }
  return true;
}

Status Context::State::choose_addresses() {
  const Plan& plan = plan_state.plan;
  const auto& values = current->shapes().values;
  for (size_t i = 0; i < plan.inputs.size(); ++i) {
    const ValueGeometry& geometry = values[static_cast<size_t>(plan.inputs[i].value)];
    void* address = given.inputs[i];
    if (!address && geometry.bytes > 0) {
      return problem_status(
          StatusCode::kNotReady,
          {"input.no_address", "input \"" + plan.inputs[i].name + "\" has no address",
           plan_state.where, "call set_address before run"});
    }
    if (!address) {
      address = staged_inputs[i].reserve(0);
    } else if (!aligned(address, plan_state.inputs[i].dtype)) {
      void* copy = staged_inputs[i].reserve(geometry.bytes);
      std::memcpy(copy, address, geometry.bytes);
      address = copy;
    }
    used.inputs[i] = address;
  }
  for (size_t i = 0; i < plan.outputs.size(); ++i) {
    used.outputs[i] = nullptr;
    const ValueGeometry& geometry = values[static_cast<size_t>(plan.outputs[i].value)];
    if (!geometry.known || !owns_memory(i)) continue;
    const bool direct = given.outputs[i] && aligned(given.outputs[i], plan_state.outputs[i].dtype);
    used.outputs[i] = direct ? given.outputs[i] : own_outputs[i].reserve(geometry.bytes);
  }
  return {};
}

void Context::State::run_steps(size_t* step) {
  const auto start =
      timing ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point();
  plan_state.backend->set_threads(plan_state.threads);
  current->bind(run_memory(), used);
  const PreparedShapes& shapes = current->shapes();
  if (shapes.dynamic) dynamic.begin(current, run_memory(), &used, &own_outputs);
  using Clock = std::chrono::steady_clock;
  Clock::time_point before = profiling ? Clock::now() : Clock::time_point();
  for (*step = 0; *step < shapes.steps.size(); ++*step) {
    if (shapes.run_decides[*step]) {
      dynamic.run_step(*step);
    } else {
      shapes.steps[*step]->run(current->memory(*step));
    }
    if (profiling) {
      const auto now = Clock::now();
      times[*step].times_ms.push_back(
          std::chrono::duration<float, std::milli>(now - before).count());
      before = now;
    }
  }
  if (timing) {
    const std::chrono::duration<float, std::milli> spent = std::chrono::steady_clock::now() - start;
    last_times = {0, spent.count(), 0};
  }
}

// Outputs that are not the memory of their value are copied: an input passed through, one value
// under two names, a window, an address that is not aligned.
void Context::State::finish_outputs() {
  const Plan& plan = plan_state.plan;
  const bool is_dynamic = current->shapes().dynamic;
  for (size_t i = 0; i < plan.outputs.size(); ++i) {
    const int value = plan.outputs[i].value;
    const std::byte* source =
        is_dynamic ? dynamic.address(value) : current->address(value, run_memory(), used, true);
    const ValueGeometry& geometry =
        is_dynamic ? dynamic.geometry(value) : current->shapes().values[static_cast<size_t>(value)];
    INGOT_CHECK(geometry.known);
    const bool dense = geometry.shape == geometry.buffer_shape;
    void* target = given.outputs[i];
    if (target == source || (!target && dense)) {
      results[i] = source;
      continue;
    }
    if (!target) target = own_outputs[i].reserve(geometry.bytes);
    if (dense) {
      if (geometry.bytes > 0) std::memcpy(target, source, geometry.bytes);
    } else {
      gather_window(source, geometry.strides, geometry.shape,
                    dtype_bytes(plan.values[static_cast<size_t>(value)].dtype), target);
    }
    results[i] = target;
  }
}

}  // namespace ingot
