// Loading engines, and what they say about themselves.
#include "ingot/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/base/cpu.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/plan/reader.h"
#include "core/plan/validate.h"
#include "runtime/engine/backend.h"
#include "runtime/engine/describe.h"
#include "runtime/engine/engine_state.h"
#include "runtime/engine/threads.h"

namespace ingot {
namespace {

std::string_view backend_name(const Plan& plan) {
  const std::string_view device = plan.device;
  return device.substr(0, device.find(' '));
}

const StepDef* step_definition(const Engine::State& state, const PlanStep& step) {
  const StepDef* definition = state.backend->find_step(step.kind);
  if (!definition) {
    fail({"plan.unknown_step",
          fmt::format("step \"{}\" is of the kind \"{}\", which backend \"{}\" does not have",
                      step.name, step.kind, state.backend->name),
          state.where,
          fmt::format("use the Ingot that built the plan ({}), or build it anew",
                      state.plan.ingot_version)});
  }
  return definition;
}

/// An engine that was calibrated with random data is for measuring speed.
void warn_of_random_ranges(const EngineInfo& info, const std::string& where) {
  const auto& flags = info.build_flags;
  if (std::find(flags.begin(), flags.end(), "--calib=random") == flags.end()) return;
  log_warning("{}: its INT8 ranges are those of random data, so that its outputs mean nothing",
              where);
}

EngineInfo engine_info(const Engine::State& state) {
  EngineInfo info = plan_info(state.plan);
  bool any_packed = false;
  for (const PlanConstant& constant : state.plan.constants) {
    any_packed = any_packed || !constant.format.empty();
  }
  // Formats of a GPU are those of its architecture, which is the same or the plan is refused.
  info.repacked_at_load = any_packed && state.other_device && !state.device;
  PreparedShapes shapes;
  shapes.values = all_geometry(state.plan, state.symbols, opt_bindings(state));
  place_arena(state, {}, &shapes);
  info.arena_bytes_at_opt = shapes.arena_bytes;
  return info;
}

// Kernels may rely on constants being aligned to their elements; those of a compiler's plan may be
// views of an ONNX file, where they are not.
void align_constants(Plan* plan) {
  for (PlanConstant& constant : plan->constants) {
    const size_t element = std::max<size_t>(dtype_bytes(constant.dtype), 1);
    if (reinterpret_cast<uintptr_t>(constant.bytes.data()) % element == 0) continue;
    const auto copy = allocate_aligned(constant.bytes.size());
    std::copy(constant.bytes.begin(), constant.bytes.end(), static_cast<std::byte*>(copy.get()));
    constant.bytes = {static_cast<const std::byte*>(copy.get()), constant.bytes.size()};
    constant.owner = copy;
  }
}

// What the plan was built for against what there is. Kernels of another architecture do not run;
// what was packed or tuned for another machine does, less well.
void check_device(Engine::State* state) {
  const std::string& built_for = state->plan.device;
  // A plan of one word is this process's own (tuning).
  if (built_for.find(' ') == std::string::npos) return;
  if (!state->device) {
    const std::string here = fmt::format(" {} {}, ", cpu_info().model, cpu_info().isa());
    state->other_device = built_for.find(here) == std::string::npos;
    return;
  }
  const DeviceFacts& facts = state->device->facts();
  if (built_for.find(fmt::format(" {},", facts.architecture)) == std::string::npos) {
    fail({"plan.other_gpu",
          fmt::format("the plan was built for \"{}\", this is \"{}\"", built_for,
                      this_machine(*state)),
          state->where, "build the plan anew on this machine (`ingot rebuild`)"});
  }
  state->other_device = built_for != this_machine(*state);
  if (state->other_device) {
    log_warning("{}: built for \"{}\", this is \"{}\": it runs, but was not tuned for it",
                state->where, built_for, this_machine(*state));
  }
}

bool depends_on_data(const Plan& plan, const PlanValue& value) {
  SymbolicShape dims;
  for (const int dim : value.dims) dims.push_back(plan.dims[static_cast<size_t>(dim)]);
  return depends_on_data(dims);
}

// A step must find its operands in the memory that it works on. What a GPU gives a size of its own is
// the host's.
void check_places(const Engine::State& state) {
  const Plan& plan = state.plan;
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const PlanStep& step = plan.steps[i];
    if (step.kind == kTransferStep) continue;
    const bool on_host = runs_on_host(state, i);
    for (const auto* operands : {&step.inputs, &step.outputs}) {
      for (const int operand : *operands) {
        if (operand < 0) continue;
        const PlanValue& value = plan.values[static_cast<size_t>(operand)];
        const int root = root_of(plan, operand);
        if (plan.values[static_cast<size_t>(root)].storage == Storage::kConstant) continue;
        if ((value.layout == Layout::kHost) == on_host) continue;
        const bool is_output = operands == &step.outputs;
        if (is_output && value.layout == Layout::kHost && depends_on_data(plan, value)) continue;
        fail({"plan.malformed",
              fmt::format("step \"{}\" works on the {}, its operand \"{}\" is not there", step.name,
                          on_host ? "host" : "GPU", value.name),
              state.where, "build the plan anew"});
      }
    }
  }
}

// Puts the constants that steps on the GPU read into one piece of its memory.
void upload_constants(Engine::State* state) {
  constexpr size_t kAlignment = 256;  // what the fastest loads and cuDNN ask for
  const Plan& plan = state->plan;
  std::vector<size_t> offsets(plan.constants.size(), kNowhere);
  size_t total = 0;
  for (size_t step = 0; step < plan.steps.size(); ++step) {
    if (runs_on_host(*state, step)) continue;
    for (const int input : plan.steps[step].inputs) {
      const int constant =
          input < 0 ? -1 : plan.values[static_cast<size_t>(root_of(plan, input))].constant;
      if (constant < 0 || offsets[static_cast<size_t>(constant)] != kNowhere) continue;
      offsets[static_cast<size_t>(constant)] = total;
      const size_t bytes = plan.constants[static_cast<size_t>(constant)].bytes.size();
      total += (bytes + kAlignment - 1) / kAlignment * kAlignment;
    }
  }
  state->constants.assign(plan.constants.size(), nullptr);
  if (total == 0) return;
  state->device_weights = state->device->allocate(total);
  for (size_t i = 0; i < offsets.size(); ++i) {
    if (offsets[i] == kNowhere) continue;
    std::byte* address = static_cast<std::byte*>(state->device_weights.get()) + offsets[i];
    const auto& bytes = plan.constants[i].bytes;
    if (!bytes.empty()) state->device->upload(address, bytes.data(), bytes.size());
    state->constants[i] = address;
  }
}

}  // namespace

std::string this_machine(const Engine::State& engine) {
  return engine.device ? device_fingerprint(engine.backend->name, engine.device->facts())
                       : device_fingerprint(engine.backend->name, engine.threads);
}

Problem failed_step(const Engine::State& engine, size_t step, const std::string& what,
                    const std::string& fix) {
  const PlanStep& failed = engine.plan.steps[step];
  return {"step.failed", fmt::format("step {} \"{}\" failed: {}", step, failed.name, what),
          fmt::format("{}, tactic {}, ONNX nodes {}", engine.where, failed.tactic,
                      fmt::join(failed.origin, ", ")),
          fix};
}

Bindings opt_bindings(const Engine::State& state) {
  Bindings bindings = state.symbols.unbound();
  for (size_t i = 0; i < state.plan.inputs.size(); ++i) {
    const auto& dims = state.plan.values[static_cast<size_t>(state.plan.inputs[i].value)].dims;
    for (size_t axis = 0; axis < dims.size(); ++axis) {
      const int symbol = state.symbols.symbol_of(dims[axis]);
      if (symbol < 0) continue;
      bindings[static_cast<size_t>(symbol)] =
          state.profiles[0].inputs[i].opt[static_cast<int>(axis)];
    }
  }
  return bindings;
}

std::unique_ptr<Engine::State> make_engine_state(Plan plan, const EngineOptions& options,
                                                 const std::string& where) {
  auto state = std::make_unique<Engine::State>();
  state->plan = std::move(plan);
  state->where = where;
  state->threads = options.threads > 0 ? options.threads : default_thread_count();
  state->backend = &backend_for(backend_name(state->plan));
  if (!state->backend->open_device) require_threads(state->threads);
  state->device = open_device(state->backend->name, options.device);
  check_device(state.get());
  for (const PlanStep& step : state->plan.steps) {
    state->definitions.push_back(step_definition(*state, step));
  }
  align_constants(&state->plan);
  if (state->device) {
    check_places(*state);
    upload_constants(state.get());
  }
  state->symbols = SymbolTable(state->plan);
  for (const PlanTensor& input : state->plan.inputs) {
    state->inputs.push_back(tensor_info(state->plan, input));
    state->input_names.push_back(input.name);
  }
  const std::vector<PlanProfile> profiles =
      state->plan.profiles.empty() ? std::vector<PlanProfile>(1) : state->plan.profiles;
  for (const PlanProfile& profile : profiles) {
    state->profiles.push_back(profile_info(state->plan, state->symbols, profile));
  }
  const Bindings bindings = opt_bindings(*state);
  for (const PlanTensor& output : state->plan.outputs) {
    state->outputs.push_back(tensor_info(state->plan, output));
    state->output_names.push_back(output.name);
    bool dynamic = false;
    for (const int dim : state->plan.values[static_cast<size_t>(output.value)].dims) {
      dynamic = dynamic || !state->symbols.evaluate(dim, bindings);
    }
    state->dynamic_output.push_back(dynamic);
  }
  state->info = engine_info(*state);
  return state;
}

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() = default;

std::shared_ptr<const Engine> Engine::load(const std::string& path, const EngineOptions& options) {
  const auto file = MappedFile::open(path);
  auto state = make_engine_state(read_plan(file->bytes(), file, path), options, path);
  state->info.plan_bytes = file->bytes().size();
  warn_of_random_ranges(state->info, path);
  // Verifying has read all of it; a GPU has its weights now, and a CPU reads what a run needs.
  file->release_pages();
  return std::make_shared<const Engine>(std::move(state));
}

std::shared_ptr<const Engine> Engine::load(std::span<const std::byte> plan,
                                           const EngineOptions& options) {
  const std::string where = "plan in memory";
  auto state = make_engine_state(read_plan(plan, nullptr, where), options, where);
  state->info.plan_bytes = plan.size();
  warn_of_random_ranges(state->info, where);
  return std::make_shared<const Engine>(std::move(state));
}

std::shared_ptr<const Engine> load_engine(Plan plan, const EngineOptions& options) {
  const std::string where = fmt::format("plan of \"{}\"", plan.model_name);
  validate_plan(plan, where, true);
  return std::make_shared<const Engine>(make_engine_state(std::move(plan), options, where));
}

std::map<std::pair<int, int>, PlanConstant> packed_constants(const Engine& engine) {
  const Engine::State& state = engine.state();
  const std::lock_guard lock(state.mutex);
  std::map<std::pair<int, int>, PlanConstant> result;
  for (const auto& [step, input, index, format] : state.packed_uses) {
    const auto found = state.packed.find({index, format});
    if (found == state.packed.end() || !found->second.memory) continue;
    const PlanConstant& constant = state.plan.constants[static_cast<size_t>(index)];
    const PackedWeights& packed = found->second;
    result[{step, input}] = {constant.dtype,
                             constant.shape,
                             format,
                             {static_cast<const std::byte*>(packed.memory.get()), packed.bytes},
                             packed.memory};
  }
  return result;
}

bool Engine::on_gpu() const { return state_->device != nullptr; }

std::shared_ptr<void> Engine::allocate(size_t bytes) const {
  const size_t wanted = std::max<size_t>(bytes, 64);
  return state_->device ? state_->device->allocate(wanted) : allocate_aligned(wanted);
}

std::shared_ptr<void> Engine::allocate_host(size_t bytes) const {
  const size_t wanted = std::max<size_t>(bytes, 64);
  return state_->device ? state_->device->allocate_host(wanted) : allocate_aligned(wanted);
}

void Engine::copy(void* to, const void* from, size_t bytes) const {
  if (bytes == 0) return;
  if (!state_->device) {
    std::memmove(to, from, bytes);
    return;
  }
  const auto queue = state_->device->make_queue();
  queue->copy(to, from, bytes);
  queue->synchronize();
}

const std::vector<TensorInfo>& Engine::inputs() const { return state_->inputs; }
const std::vector<TensorInfo>& Engine::outputs() const { return state_->outputs; }
const std::vector<ProfileInfo>& Engine::profiles() const { return state_->profiles; }
const EngineInfo& Engine::info() const { return state_->info; }
std::string Engine::graph_text() const { return state_->plan.graph_text; }

}  // namespace ingot
