// Runs on a GPU: see the header.
#include "runtime/engine/device_run.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include "core/base/environment.h"
#include "core/base/error.h"

namespace ingot {
namespace {

constexpr size_t kMaxRecordings = 4;  ///< sets of addresses that each set of shapes keeps ready
constexpr int kFirstStepMark = 8;     ///< marks before it belong to the context

}  // namespace

void* DeviceBuffer::reserve(Device& device, size_t bytes, bool on_host) {
  if (bytes > bytes_ || !memory_) {
    memory_.reset();  // first, so that the peak is not old plus new
    bytes_ = 0;
    const size_t wanted = std::max<size_t>(bytes, 64);
    memory_ = on_host ? device.allocate_host(wanted) : device.allocate(wanted);
    bytes_ = wanted;
  }
  return memory_.get();
}

DeviceRun::DeviceRun(const Engine::State& engine)
    : engine_(engine),
      device_(*engine.device),
      queue_(device_.make_queue()),
      inputs_(engine.plan.inputs.size()),
      outputs_(engine.plan.outputs.size()),
      input_on_device_(engine.plan.inputs.size(), false),
      output_on_device_(engine.plan.outputs.size(), false),
      synchronous_(!environment_value("INGOT_SYNCHRONOUS").empty()) {}

void DeviceRun::reserve(const PreparedShapes& shapes) {
  if (shapes.arena_bytes > arena_.bytes() || shapes.host_arena_bytes > host_arena_.bytes()) {
    queue_->synchronize();  // nobody may still be using what is given back
  }
  arena_.reserve(device_, shapes.arena_bytes);
  if (shapes.host_arena_bytes > 0) {
    host_arena_.reserve(device_, shapes.host_arena_bytes, /*on_host=*/true);
  }
}

RunMemory DeviceRun::memory() const {
  return {arena_.data(), host_arena_.data(), queue_->stream()};
}

void DeviceRun::set_input(size_t input, const void* address) {
  input_on_device_[input] = address && device_.is_device_address(address);
}

void DeviceRun::set_output(size_t output, const void* address) {
  output_on_device_[output] = address && device_.is_device_address(address);
}

void* DeviceRun::input_address(size_t input, void* given, size_t bytes) {
  return input_on_device_[input] ? given : inputs_[input].reserve(device_, bytes);
}

void* DeviceRun::output_address(size_t output, void* given, size_t bytes) {
  return output_on_device_[output] ? given : outputs_[output].reserve(device_, bytes);
}

void DeviceRun::copy_inputs(const BorderAddresses& given, const BorderAddresses& used,
                            const std::vector<size_t>& bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (given.inputs[i] == used.inputs[i] || bytes[i] == 0) continue;
    queue_->copy(used.inputs[i], given.inputs[i], bytes[i]);
  }
}

void DeviceRun::use_stream(void* stream) { queue_->use_stream(stream); }

void DeviceRun::queue_step(Instance* instance, size_t step) {
  PreparedStep* prepared = instance->shapes().steps[step].get();
  const StepMemory& memory = instance->memory(step);
  if (runs_on_host(engine_, step)) {
    queue_->call([this, prepared, &memory, step] {
      try {
        prepared->run(memory);
      } catch (const Error& error) {
        const Problem& problem = error.problems().front();
        throw Error(failed_step(engine_, step, problem.what, problem.fix));
      }
    });
  } else {
    prepared->run(memory);
  }
}

void DeviceRun::queue_steps(Instance* instance, size_t* step) {
  const size_t count = engine_.plan.steps.size();
  for (*step = 0; *step < count; ++*step) {
    queue_->name_range(engine_.plan.steps[*step].name);
    queue_step(instance, *step);
    if (synchronous_) queue_->synchronize();
  }
  queue_->name_range({});
}

void DeviceRun::make_recording(Instance* instance, const BorderAddresses& used, size_t* step) {
  queue_->begin_recording();
  try {
    const RunMemory memory = this->memory();  // the stream that records may be another
    instance->bind(memory, used);
    const size_t count = engine_.plan.steps.size();
    for (*step = 0; *step < count; ++*step) {
      queue_->name_range(engine_.plan.steps[*step].name);
      queue_->begin_part(static_cast<int>(*step));
      queue_step(instance, *step);
    }
    queue_->name_range({});
    instance->recordings.push_back(
        {used, memory.arena, memory.host_arena, queue_->end_recording()});
  } catch (...) {
    queue_->abandon_recording();
    throw;
  }
}

// Only the steps at the border see the addresses: they are recorded anew, and what they launch
// takes the place of what the recording has of them.
bool DeviceRun::change_addresses(Instance* instance, Instance::Recorded* recorded,
                                 const BorderAddresses& used) {
  instance->bind(memory(), used);
  const std::vector<int> steps = instance->steps_that_differ(recorded->border, used);
  const auto queue_part = [&](int step) {
    instance->bind(memory(), used);
    queue_step(instance, static_cast<size_t>(step));
  };
  if (!queue_->change_parts(*recorded->recording, steps, queue_part)) return false;
  recorded->border = used;
  return true;
}

void DeviceRun::run(Instance* instance, const BorderAddresses& used, bool record, size_t* step) {
  if (synchronous_ || !record) {
    instance->bind(memory(), used);
    queue_steps(instance, step);
    return;
  }
  const RunMemory memory = this->memory();
  auto& recordings = instance->recordings;
  // Those of an arena that has moved since can never be used again.
  const size_t had = recordings.size();
  std::erase_if(recordings, [&](const auto& recorded) {
    return recorded.arena != memory.arena || recorded.host_arena != memory.host_arena;
  });
  auto found = std::find_if(recordings.begin(), recordings.end(), [&](const auto& recorded) {
    return recorded.border.inputs == used.inputs && recorded.border.outputs == used.outputs;
  });
  if (found == recordings.end() && recordings.size() >= kMaxRecordings) {
    // The one that was not used for longest; taken out, as it is lost if this fails half-way.
    Instance::Recorded recorded = std::move(recordings.front());
    recordings.erase(recordings.begin());
    const bool changed = change_addresses(instance, &recorded, used);
    if (changed) recordings.push_back(std::move(recorded));
    found = changed ? recordings.end() - 1 : recordings.end();
  }
  if (found != recordings.end()) {
    queue_->replay(*found->recording);
    std::rotate(found, found + 1, recordings.end());  // last used last
    return;
  }
  if (had > 0) {
    make_recording(instance, used, step);
    queue_->replay(*recordings.back().recording);
    return;
  }
  // Libraries load their kernels in the first run, which a recording may not: so it comes second.
  instance->bind(memory, used);
  queue_steps(instance, step);
  queue_->synchronize();
  make_recording(instance, used, step);
}

// Host steps read what the queue has made, so it is waited for; what they write is read by steps
// that are queued later.
void DeviceRun::run_step_now(Instance* instance, DynamicRun* dynamic, size_t step) {
  const bool decides = instance->shapes().run_decides[step];
  if (!runs_on_host(engine_, step)) {
    if (decides) {
      dynamic->run_step(step);  // waits for it
    } else {
      instance->shapes().steps[step]->run(instance->memory(step));
    }
    return;
  }
  queue_->synchronize();
  if (decides) {
    dynamic->run_step(step);
  } else {
    instance->shapes().steps[step]->run(instance->memory(step));
  }
}

void DeviceRun::run_dynamic(Instance* instance, DynamicRun* dynamic, size_t* step) {
  const size_t count = engine_.plan.steps.size();
  for (*step = 0; *step < count; ++*step) {
    run_step_now(instance, dynamic, *step);
    if (synchronous_) queue_->synchronize();
  }
}

// As queue_steps, with a time stamp before the first step and after each.
void DeviceRun::queue_marked_steps(Instance* instance, size_t* step) {
  const size_t count = engine_.plan.steps.size();
  queue_->mark(kFirstStepMark);
  for (*step = 0; *step < count; ++*step) {
    queue_step(instance, *step);
    queue_->mark(kFirstStepMark + 1 + static_cast<int>(*step));
  }
}

void DeviceRun::run_profiled(Instance* instance, DynamicRun* dynamic, std::vector<StepTime>* times,
                             size_t* step) {
  const size_t count = engine_.plan.steps.size();
  if (instance->shapes().dynamic) {
    queue_->mark(kFirstStepMark);
    for (*step = 0; *step < count; ++*step) {
      run_step_now(instance, dynamic, *step);
      queue_->mark(kFirstStepMark + 1 + static_cast<int>(*step));
    }
  } else {
    // Recorded, as engines run: queued one by one, the host would be what is measured.
    queue_steps(instance, step);
    queue_->synchronize();
    queue_->begin_recording();
    try {
      queue_marked_steps(instance, step);
    } catch (...) {
      queue_->abandon_recording();
      throw;
    }
    const auto recording = queue_->end_recording();
    queue_->replay(*recording);
  }
  queue_->synchronize();
  for (size_t i = 0; i < count; ++i) {
    const int mark = kFirstStepMark + static_cast<int>(i);
    (*times)[i].times_ms.push_back(queue_->milliseconds(mark, mark + 1));
  }
}

// A GPU that was idle needs a while to reach its clocks: what is timed first would seem slow.
void DeviceRun::warm_clocks(Recording* recording) {
  constexpr auto kWarmUp = std::chrono::milliseconds(300);
  static std::once_flag warm;
  std::call_once(warm, [&] {
    const auto start = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - start < kWarmUp) {
      queue_->replay(*recording);
      queue_->synchronize();
    }
  });
}

double DeviceRun::time_steps(Instance* instance, const BorderAddresses& used, int replays,
                             double max_seconds) {
  constexpr double kRecordedMilliseconds = 0.5;  // long enough for the clock, short enough to build
  constexpr int kMostRepeats = 32;
  size_t step = 0;
  instance->bind(memory(), used);
  queue_steps(instance, &step);  // loads what is loaded lazily
  queue_->synchronize();
  queue_->mark(0);
  queue_steps(instance, &step);
  queue_->mark(1);
  queue_->synchronize();
  const double once = queue_->milliseconds(0, 1);
  if (once > 1e3 * max_seconds / 4) return 1e3 * once;
  const int repeats =
      std::clamp(static_cast<int>(kRecordedMilliseconds / std::max(once, 1e-3)), 1, kMostRepeats);
  queue_->begin_recording();
  try {
    for (int i = 0; i < repeats; ++i) queue_steps(instance, &step);
  } catch (...) {
    queue_->abandon_recording();
    throw;
  }
  const auto recording = queue_->end_recording();
  warm_clocks(recording.get());
  queue_->replay(*recording);
  std::vector<double> times;
  double spent = 0;
  while (times.empty() || (static_cast<int>(times.size()) < replays && spent < 1e3 * max_seconds)) {
    queue_->mark(0);
    queue_->replay(*recording);
    queue_->mark(1);
    queue_->synchronize();
    times.push_back(queue_->milliseconds(0, 1));
    spent += times.back();
  }
  std::sort(times.begin(), times.end());
  return 1e3 * times[times.size() / 2] / repeats;
}

}  // namespace ingot
