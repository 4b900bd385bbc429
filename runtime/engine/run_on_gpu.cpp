// One run of a context on a GPU: copies in, steps, copies out.
#include "core/base/error.h"
#include "runtime/engine/context_state.h"
#include "runtime/engine/shape_check.h"

namespace ingot {
namespace {

constexpr int kMostInFlight = 2;

// Marks of a run; each run in flight has its own.
enum Mark : int { kBegin, kCopiedIn, kComputed, kCopiedOut, kMarks };

// Only what data decides: inputs, and outputs of known size, are in the GPU's memory.
bool lies_on_host(const Plan& plan, int value) {
  return plan.values[static_cast<size_t>(value)].layout == Layout::kHost;
}

}  // namespace

Status Context::State::choose_addresses_on_gpu() {
  const Plan& plan = plan_state.plan;
  const auto& values = current->shapes().values;
  for (size_t i = 0; i < plan.inputs.size(); ++i) {
    if (!given.inputs[i] && input_bytes[i] > 0) {
      return problem_status(
          StatusCode::kNotReady,
          {"input.no_address", "input \"" + plan.inputs[i].name + "\" has no address",
           plan_state.where, "call set_address before run"});
    }
    used.inputs[i] = gpu->input_address(i, given.inputs[i], input_bytes[i]);
  }
  for (size_t i = 0; i < plan.outputs.size(); ++i) {
    used.outputs[i] = nullptr;
    const ValueGeometry& geometry = values[static_cast<size_t>(plan.outputs[i].value)];
    if (!geometry.known || !owns_memory(i)) continue;
    used.outputs[i] = gpu->output_address(i, given.outputs[i], geometry.bytes);
  }
  return {};
}

void Context::State::submit_on_gpu(size_t* step) {
  if (in_flight == kMostInFlight) wait_on_gpu();
  DeviceQueue& queue = gpu->queue();
  const int marks = next_slot * kMarks;
  queue.mark(marks + kBegin);
  gpu->copy_inputs(given, used, input_bytes);
  queue.mark(marks + kCopiedIn);
  const bool is_dynamic = current->shapes().dynamic;
  if (is_dynamic || profiling) current->bind(run_memory(), used);
  if (is_dynamic) dynamic.begin(current, run_memory(), &used, &own_outputs);
  if (profiling) {
    gpu->run_profiled(current, &dynamic, &times, step);
  } else if (is_dynamic) {
    gpu->run_dynamic(current, &dynamic, step);
  } else {
    gpu->run(current, used, /*record=*/true, step);
  }
  *step = plan_state.plan.steps.size();
  queue.mark(marks + kComputed);
  finish_outputs_on_gpu();
  queue.mark(marks + kCopiedOut);
  next_slot = (next_slot + 1) % kMostInFlight;
  ++in_flight;
}

void Context::State::wait_on_gpu() {
  if (in_flight == 0) return;
  const int slot = (next_slot - in_flight + kMostInFlight) % kMostInFlight;
  --in_flight;
  DeviceQueue& queue = gpu->queue();
  const int marks = slot * kMarks;
  queue.wait(marks + kCopiedOut);
  if (!timing) return;
  last_times = {queue.milliseconds(marks + kBegin, marks + kCopiedIn),
                queue.milliseconds(marks + kCopiedIn, marks + kComputed),
                queue.milliseconds(marks + kComputed, marks + kCopiedOut)};
}

void Context::State::finish_outputs_on_gpu() {
  const Plan& plan = plan_state.plan;
  const bool is_dynamic = current->shapes().dynamic;
  DeviceQueue& queue = gpu->queue();
  for (size_t i = 0; i < plan.outputs.size(); ++i) {
    const int value = plan.outputs[i].value;
    const bool on_host = lies_on_host(plan, value);
    const ValueGeometry& geometry =
        is_dynamic ? dynamic.geometry(value) : current->shapes().values[static_cast<size_t>(value)];
    INGOT_CHECK(geometry.known);
    // The plan of a GPU gives its outputs memory of their own: no windows.
    INGOT_CHECK(geometry.shape == geometry.buffer_shape);
    if (on_host) queue.synchronize();  // a host step made it
    const std::byte* source = is_dynamic && on_host
                                  ? dynamic.address(value)
                                  : current->address(value, run_memory(), used, on_host);
    void* target = given.outputs[i];
    if (!target && on_host) {
      results[i] = source;
      continue;
    }
    if (!target) target = own_outputs[i].reserve(geometry.bytes);
    if (target != source && geometry.bytes > 0) queue.copy(target, source, geometry.bytes);
    results[i] = target;
  }
}

Status Context::State::enqueue(void* stream, size_t* step) {
  const auto refuse = [&](const std::string& what, const std::string& fix) {
    return problem_status(StatusCode::kInvalid,
                          {"enqueue.not_possible", what, plan_state.where, fix});
  };
  if (!gpu) return refuse("the engine runs on the CPU", "call run");
  if (current->shapes().dynamic) {
    return refuse("shapes of this engine depend on its data", "call run, which may wait for them");
  }
  if (Status status = choose_addresses_on_gpu(); !status.ok()) return status;
  const Plan& plan = plan_state.plan;
  for (size_t i = 0; i < plan.inputs.size(); ++i) {
    if (used.inputs[i] != given.inputs[i]) {
      return refuse("input \"" + plan.inputs[i].name + "\" is not in the GPU's memory",
                    "give an address of Engine::allocate, or call run");
    }
  }
  for (size_t i = 0; i < plan.outputs.size(); ++i) {
    if (used.outputs[i] && used.outputs[i] == given.outputs[i]) continue;
    if (given.outputs[i] && gpu->output_on_device(i)) continue;
    return refuse("output \"" + plan.outputs[i].name + "\" is not in the GPU's memory",
                  "give an address of Engine::allocate, or call run");
  }
  gpu->use_stream(stream);
  try {
    gpu->run(current, used, /*record=*/true, step);
    finish_outputs_on_gpu();
  } catch (...) {
    gpu->use_stream(nullptr);
    throw;
  }
  gpu->use_stream(nullptr);
  return {};
}

}  // namespace ingot
