// Contexts: shapes and addresses as the caller sets them, instances for the shapes in use.
#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "runtime/engine/context_state.h"
#include "runtime/engine/resident.h"
#include "runtime/engine/shape_check.h"

namespace ingot {
namespace {

// Holds the context for one call; refused while another thread is inside.
class Guard {
 public:
  explicit Guard(std::atomic<bool>* busy)
      : busy_(busy), entered_(!busy->exchange(true, std::memory_order_acquire)) {}
  ~Guard() {
    if (entered_) busy_->store(false, std::memory_order_release);
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  bool entered() const { return entered_; }

 private:
  std::atomic<bool>* busy_;
  bool entered_;
};

Status busy() {
  return problem_status(StatusCode::kBusy, {"context.busy", "another thread is using this context",
                                            "", "give each thread its own Context of the engine"});
}

Status error_status(const Error& error) {
  const Problem& problem = error.problems().front();
  const auto code = problem.id == "memory.out_of_memory" ? StatusCode::kOutOfMemory
                    : problem.id == "shape.invalid"      ? StatusCode::kInvalid
                                                         : StatusCode::kFailed;
  return {code, error.what()};
}

// Runs `call`, which returns a Status, turning what it throws into one.
template <typename Call>
Status as_status(Call&& call) noexcept {
  try {
    return call();
  } catch (const Error& error) {
    try {
      return error_status(error);
    } catch (...) {  // no memory even for the text
      return {StatusCode::kOutOfMemory, {}};
    }
  } catch (const std::bad_alloc&) {
    return {StatusCode::kOutOfMemory, {}};
  } catch (...) {
    return {StatusCode::kFailed, {}};
  }
}

// Index of `name` in inputs, or inputs.size() + its index in outputs; or the Status.
Status find_tensor(const Engine::State& engine, std::string_view name, size_t* index) {
  const auto& inputs = engine.input_names;
  const auto& outputs = engine.output_names;
  for (size_t i = 0; i < inputs.size() + outputs.size(); ++i) {
    if (name == (i < inputs.size() ? inputs[i] : outputs[i - inputs.size()])) {
      *index = i;
      return {};
    }
  }
  std::vector<std::string> all = inputs;
  all.insert(all.end(), outputs.begin(), outputs.end());
  return problem_status(
      StatusCode::kNotFound,
      {"tensor.not_found", fmt::format("the engine has no input or output \"{}\"", name),
       engine.where, suggest(name, all)});
}

}  // namespace

Context::State::State(std::shared_ptr<const Engine> shared)
    : engine(std::move(shared)),
      plan_state(engine->state()),
      input_shapes(plan_state.inputs.size()),
      given{std::vector<void*>(plan_state.inputs.size(), nullptr),
            std::vector<void*>(plan_state.outputs.size(), nullptr)},
      used(given),
      staged_inputs(plan_state.inputs.size()),
      own_outputs(plan_state.outputs.size()),
      results(plan_state.outputs.size(), nullptr),
      dynamic(plan_state) {
  for (const PlanStep& step : plan_state.plan.steps) times.push_back({step.name, step.tactic, {}});
  if (plan_state.device) gpu = std::make_unique<DeviceRun>(plan_state);
}

RunMemory Context::State::run_memory() const {
  return gpu ? gpu->memory() : RunMemory{arena.base(), nullptr, nullptr};
}

Status Context::State::bind_inputs(Bindings* bindings) const {
  const Plan& plan = plan_state.plan;
  *bindings = plan_state.symbols.unbound();
  std::vector<int> bound_by(bindings->size(), -1);
  // Inputs without a shape follow those that have one; what is left takes the opt shape.
  for (const bool by_caller : {true, false}) {
    for (size_t input = 0; input < plan.inputs.size(); ++input) {
      if (input_shapes[input].has_value() != by_caller) continue;
      const Shape& shape =
          by_caller ? *input_shapes[input]
                    : plan_state.profiles[static_cast<size_t>(profile)].inputs[input].opt;
      const auto& dims = plan.values[static_cast<size_t>(plan.inputs[input].value)].dims;
      for (int axis = 0; axis < shape.rank(); ++axis) {
        const int symbol = plan_state.symbols.symbol_of(dims[static_cast<size_t>(axis)]);
        if (symbol < 0) continue;
        int64_t& bound = (*bindings)[static_cast<size_t>(symbol)];
        int& by = bound_by[static_cast<size_t>(symbol)];
        if (bound == kUnbound) {
          bound = shape[axis];
          by = static_cast<int>(input);
        } else if (by_caller && bound != shape[axis]) {
          return problem_status(
              StatusCode::kInvalid,
              {"shape.conflict",
               fmt::format("inputs \"{}\" and \"{}\" disagree about \"{}\": {} and {}",
                           plan.inputs[static_cast<size_t>(by)].name, plan.inputs[input].name,
                           plan_state.symbols.name(symbol), bound, shape[axis]),
               fmt::format("axis {} of \"{}\", {}", axis, plan.inputs[input].name,
                           shape.to_string()),
               "give both inputs the same size there"});
        }
      }
    }
  }
  return {};
}

Shape Context::State::output_shape(size_t output, const Bindings& bindings) const {
  const int value = plan_state.plan.outputs[output].value;
  if (has_run && current && current->shapes().dynamic) {
    const ValueGeometry& geometry = dynamic.geometry(value);
    if (geometry.known) return geometry.shape;
  }
  Shape shape;
  for (const int dim : plan_state.plan.values[static_cast<size_t>(value)].dims) {
    shape.push_back(plan_state.symbols.evaluate(dim, bindings).value_or(-1));
  }
  return shape;
}

Context::State::~State() {
  // Runs in flight use what goes away now. Whether they fail is nobody's concern any more.
  if (!gpu || in_flight == 0) return;
  try {
    gpu->queue().synchronize();
  } catch (const std::exception&) {}
}

void Context::State::prepare(const Bindings& bindings) {
  has_run = false;
  // Runs in flight write to memory that may be given back for larger shapes.
  if (gpu && in_flight > 0) gpu->queue().synchronize();
  const auto found = std::find_if(instances.begin(), instances.end(), [&](const auto& instance) {
    return instance->shapes().bindings == bindings;
  });
  if (found != instances.end()) {
    std::rotate(found, found + 1, instances.end());
  } else {
    auto shapes = prepared_shapes(plan_state, bindings);
    make_room(*shapes);
    instances.push_back(std::make_unique<Instance>(plan_state, std::move(shapes)));
    if (!gpu && instances.size() == 1) release_library_code();
    if (instances.size() > kMaxInstances) instances.erase(instances.begin());
  }
  Instance* instance = instances.back().get();
  make_room(instance->shapes());
  for (size_t i = 0; i < plan_state.outputs.size(); ++i) {
    const int value = plan_state.plan.outputs[i].value;
    const ValueGeometry& geometry = instance->shapes().values[static_cast<size_t>(value)];
    if (!given.outputs[i] && geometry.known && owns_memory(i))
      own_outputs[i].reserve(geometry.bytes);
  }
  if (!gpu) instance->bind(run_memory(), used);
  current = instance;
  input_bytes.clear();
  for (const PlanTensor& input : plan_state.plan.inputs) {
    input_bytes.push_back(instance->shapes().values[static_cast<size_t>(input.value)].bytes);
  }
}

void Context::State::make_room(const PreparedShapes& shapes) {
  if (gpu) {
    gpu->reserve(shapes);
  } else {
    arena.reserve(std::max<size_t>(shapes.arena_bytes, 64));
  }
}

Context::Context(std::shared_ptr<const Engine> engine)
    : state_(std::make_unique<State>(std::move(engine))) {}
Context::~Context() = default;
Context::Context(Context&&) noexcept = default;
Context& Context::operator=(Context&&) noexcept = default;

Status Context::set_profile(int index) {
  return as_status([&]() -> Status {
    const Guard guard(&state_->busy);
    if (!guard.entered()) return busy();
    const size_t count = state_->plan_state.profiles.size();
    if (index < 0 || static_cast<size_t>(index) >= count) {
      return problem_status(
          StatusCode::kInvalid,
          {"profile.not_found", fmt::format("the engine has no profile {}", index),
           state_->plan_state.where, fmt::format("choose one of 0 to {}", count - 1)});
    }
    state_->profile = index;
    std::fill(state_->input_shapes.begin(), state_->input_shapes.end(), std::nullopt);
    state_->current = nullptr;
    return {};
  });
}

Status Context::set_shape(std::string_view name, const Shape& shape) {
  return as_status([&]() -> Status {
    const Guard guard(&state_->busy);
    if (!guard.entered()) return busy();
    size_t index = 0;
    if (Status status = find_tensor(state_->plan_state, name, &index); !status.ok()) return status;
    if (index >= state_->plan_state.inputs.size()) {
      return problem_status(
          StatusCode::kInvalid,
          {"shape.of_output", fmt::format("\"{}\" is an output: the inputs decide its shape", name),
           state_->plan_state.where, "set the shapes of inputs only"});
    }
    Status status = check_shape(state_->plan_state, index, state_->profile, shape);
    if (!status.ok()) return status;
    auto& current = state_->input_shapes[index];
    if (!current || !(*current == shape)) {
      current = shape;
      state_->current = nullptr;
    }
    return {};
  });
}

Status Context::set_address(std::string_view name, void* address) {
  return as_status([&]() -> Status {
    const Guard guard(&state_->busy);
    if (!guard.entered()) return busy();
    size_t index = 0;
    if (Status status = find_tensor(state_->plan_state, name, &index); !status.ok()) return status;
    const size_t inputs = state_->plan_state.inputs.size();
    if (index < inputs) {
      state_->given.inputs[index] = address;
      if (state_->gpu) state_->gpu->set_input(index, address);
    } else if (address && state_->plan_state.dynamic_output[index - inputs]) {
      return problem_status(
          StatusCode::kInvalid,
          {"output.size_unknown",
           fmt::format("the size of output \"{}\" depends on the data", name),
           state_->plan_state.where, "leave its address null, and read output_data after the run"});
    } else {
      state_->given.outputs[index - inputs] = address;
      if (state_->gpu) state_->gpu->set_output(index - inputs, address);
    }
    return {};
  });
}

Status Context::shape(std::string_view name, Shape* shape) const {
  return as_status([&]() -> Status {
    const Guard guard(&state_->busy);
    if (!guard.entered()) return busy();
    size_t index = 0;
    if (Status status = find_tensor(state_->plan_state, name, &index); !status.ok()) return status;
    Bindings bindings;
    if (Status status = state_->bind_inputs(&bindings); !status.ok()) return status;
    const size_t inputs = state_->plan_state.inputs.size();
    if (index >= inputs) {
      *shape = state_->output_shape(index - inputs, bindings);
      return {};
    }
    const Plan& plan = state_->plan_state.plan;
    *shape = Shape();
    for (const int dim : plan.values[static_cast<size_t>(plan.inputs[index].value)].dims) {
      shape->push_back(*state_->plan_state.symbols.evaluate(dim, bindings));
    }
    return {};
  });
}

Status Context::bytes(std::string_view name, size_t* bytes) const {
  Shape tensor;
  if (Status status = shape(name, &tensor); !status.ok()) return status;
  return as_status([&]() -> Status {
    size_t index = 0;
    if (Status status = find_tensor(state_->plan_state, name, &index); !status.ok()) return status;
    const size_t inputs = state_->plan_state.inputs.size();
    const DType dtype = index < inputs ? state_->plan_state.inputs[index].dtype
                                       : state_->plan_state.outputs[index - inputs].dtype;
    for (const int64_t extent : tensor) {
      if (extent >= 0) continue;
      return problem_status(StatusCode::kNotReady,
                            {"output.size_unknown",
                             fmt::format("the size of output \"{}\" depends on the data", name),
                             state_->plan_state.where, "run first, then ask"});
    }
    *bytes = buffer_bytes(dtype, tensor, Layout::kPlain);
    return {};
  });
}

const void* Context::output_data(std::string_view name) const noexcept {
  const auto& names = state_->plan_state.output_names;
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return nullptr;
  return state_->results[static_cast<size_t>(found - names.begin())];
}

Status Context::prepare() {
  return as_status([&]() -> Status {
    const Guard guard(&state_->busy);
    if (!guard.entered()) return busy();
    if (state_->current) return {};
    Bindings bindings;
    if (Status status = state_->bind_inputs(&bindings); !status.ok()) return status;
    state_->prepare(bindings);
    return {};
  });
}

// Makes the shapes ready, then `start` runs them; what it throws becomes a Status naming the step.
template <typename Start>
Status run_state(Context::State& state, Start&& start) {
  if (!state.current) {
    Bindings bindings;
    if (Status status = state.bind_inputs(&bindings); !status.ok()) return status;
    state.prepare(bindings);
  }
  state.has_run = false;
  const size_t steps = state.plan_state.plan.steps.size();
  size_t step = steps;
  const auto failed = [&](StatusCode code, const std::string& what, const std::string& fix) {
    if (step == steps) return problem_status(code, {"step.failed", what, "", fix});
    return problem_status(code, failed_step(state.plan_state, step, what, fix));
  };
  try {
    if (Status status = start(&step); !status.ok()) return status;
  } catch (const Error& error) {
    const Problem& problem = error.problems().front();
    // Of a step on the host that ran later than it was queued.
    if (problem.id == "step.failed") return problem_status(StatusCode::kFailed, problem);
    const bool memory = problem.id == "memory.out_of_memory";
    return failed(memory ? StatusCode::kOutOfMemory : StatusCode::kFailed, problem.what,
                  problem.fix);
  } catch (const std::bad_alloc&) {
    return failed(StatusCode::kOutOfMemory, "out of memory", "give smaller shapes");
  } catch (const std::exception& error) {
    return failed(StatusCode::kFailed, error.what(), "report a bug with the model");
  }
  state.has_run = true;
  return {};
}

Status Context::run() noexcept {
  Status status = submit();
  return status.ok() ? wait() : status;
}

Status Context::wait() noexcept {
  return as_status([&]() -> Status {
    const Guard guard(&state_->busy);
    if (!guard.entered()) return busy();
    if (state_->gpu) state_->wait_on_gpu();
    return {};
  });
}

Status Context::submit() noexcept {
  return as_status([&]() -> Status {
    const Guard guard(&state_->busy);
    if (!guard.entered()) return busy();
    State& state = *state_;
    return run_state(state, [&](size_t* step) -> Status {
      Status status = state.gpu ? state.choose_addresses_on_gpu() : state.choose_addresses();
      if (!status.ok()) return status;
      if (state.gpu) {
        state.submit_on_gpu(step);
        return {};
      }
      state.run_steps(step);
      *step = state.plan_state.plan.steps.size();
      state.finish_outputs();
      return {};
    });
  });
}

Status Context::enqueue(void* stream) noexcept {
  return as_status([&]() -> Status {
    const Guard guard(&state_->busy);
    if (!guard.entered()) return busy();
    State& state = *state_;
    return run_state(state, [&](size_t* step) { return state.enqueue(stream, step); });
  });
}

Status Context::synchronize() noexcept {
  return as_status([&]() -> Status {
    if (state_->gpu) state_->gpu->queue().synchronize();
    return {};
  });
}

void Context::set_timing(bool on) { state_->timing = on; }
RunTimes Context::last_times() const { return state_->last_times; }

void Context::set_profiling(bool on) { state_->profiling = on; }

std::vector<StepTime> Context::take_step_times() {
  std::vector<StepTime> taken = state_->times;
  for (StepTime& time : state_->times) time.times_ms.clear();
  return taken;
}

size_t Context::arena_bytes() const {
  return state_->gpu ? state_->gpu->arena_bytes() : state_->arena.bytes();
}

}  // namespace ingot
