// Preparing steps: shapes, packed weights, memory.
#include "runtime/engine/prepared.h"

#include <fmt/format.h>

#include <cstring>
#include <functional>
#include <new>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/plan/validate.h"
#include "core/tensor/packed_format.h"
#include "runtime/engine/engine_state.h"

namespace ingot {
namespace {

class Preparation : public StepContext {
 public:
  Preparation(const Engine::State& engine, int step, const StepTensors& tensors,
              const Attributes& attributes)
      : engine_(engine), step_(step), tensors_(tensors), attributes_(attributes) {}

  const std::string& name() const override { return plan_step().name; }
  const Attributes& attributes() const override { return attributes_; }
  const std::vector<StepTensor>& inputs() const override { return tensors_.inputs; }
  const std::vector<StepTensor>& outputs() const override { return tensors_.outputs; }
  int threads() const override { return engine_.threads; }

  const void* packed_constant(
      int input, const std::string& format, size_t bytes,
      const std::function<void(const void* plain, void* packed)>& pack) const override {
    const int index = constant_of(input);
    const PlanConstant& constant = engine_.plan.constants[static_cast<size_t>(index)];
    if (constant.format == format && constant.bytes.size() == bytes) {
      return on_host() ? constant.bytes.data() : engine_.constants[static_cast<size_t>(index)];
    }
    engine_.packed_uses.emplace(step_, input, index, format);
    PackedWeights& packed = engine_.packed[{index, format}];
    if (packed.memory && packed.bytes == bytes) return address_of(&packed);
    auto memory = allocate_aligned(bytes, /*zeroed=*/true);  // padding is part of the format
    if (constant.format.empty()) {
      pack(constant.bytes.data(), memory.get());
    } else {
      const PackedFormat stored = PackedFormat::parse(constant.format);
      const auto plain = allocate_aligned(dense_bytes(stored.dtype, stored.dims));
      stored.unpack(constant.bytes.data(), {stored.dtype, stored.dims, plain.get()});
      pack(plain.get(), memory.get());
      std::call_once(engine_.repack_logged, [&] {
        log_info("weights are repacked: the plan's were packed for \"{}\"", engine_.plan.device);
      });
    }
    packed = {std::move(memory), bytes, nullptr};
    return address_of(&packed);
  }

  Device* device() const override { return engine_.device.get(); }

  std::span<const std::byte> kernel(const std::string& key) const override {
    for (const PlanKernel& kernel : engine_.plan.kernels) {
      if (kernel.key == key) return kernel.bytes;
    }
    return StepContext::kernel(key);
  }

 private:
  const PlanStep& plan_step() const { return engine_.plan.steps[static_cast<size_t>(step_)]; }

  bool on_host() const { return runs_on_host(engine_, static_cast<size_t>(step_)); }

  const void* address_of(PackedWeights* packed) const {
    if (on_host()) return packed->memory.get();
    if (!packed->on_device) {
      packed->on_device = engine_.device->allocate(packed->bytes);
      engine_.device->upload(packed->on_device.get(), packed->memory.get(), packed->bytes);
    }
    return packed->on_device.get();
  }

  int constant_of(int input) const {
    const auto& inputs = plan_step().inputs;
    const int value =
        static_cast<size_t>(input) < inputs.size() ? inputs[static_cast<size_t>(input)] : -1;
    const int constant =
        value < 0 ? -1
                  : engine_.plan.values[static_cast<size_t>(root_of(engine_.plan, value))].constant;
    // A view of a constant may be reshaped, but not a part of it.
    if (constant < 0 ||
        tensors_.inputs[static_cast<size_t>(input)].shape.elements() !=
            engine_.plan.constants[static_cast<size_t>(constant)].shape.elements()) {
      fail({"step.unsupported", fmt::format("input {} is not a whole constant", input), "",
            "give the weights as initializers"});
    }
    return constant;
  }

  const Engine::State& engine_;
  int step_;
  const StepTensors& tensors_;
  const Attributes& attributes_;
};

// The value at the head of the chain of values that take over each other's memory.
int arena_owner(const Plan& plan, int value) {
  while (plan.values[static_cast<size_t>(value)].in_place_of >= 0) {
    value = root_of(plan, plan.values[static_cast<size_t>(value)].in_place_of);
  }
  return value;
}

// Places what lies in one arena.
class ArenaPlacement {
 public:
  ArenaPlacement(const Engine::State& engine, const std::vector<size_t>& scratch,
                 PreparedShapes* shapes)
      : plan_(engine.plan),
        scratch_(scratch),
        shapes_(*shapes),
        lifetimes_(value_lifetimes(engine.plan)) {}

  /// Gives offsets to the values and to the scratch memory of the steps that are in this arena;
  /// returns its size.
  template <typename HasValue, typename HasStep>
  size_t place(HasValue&& has_value, HasStep&& has_step) {
    const size_t values = plan_.values.size();
    std::vector<size_t> sizes(values + scratch_.size(), 0);
    std::vector<Lifetime> lives(sizes.size());
    for (size_t i = 0; i < values; ++i) {
      if (!has_value(i) || !in_arena(i) || lifetimes_[i].first < 0) continue;
      const size_t owner = owner_of(i);
      sizes[owner] = std::max(sizes[owner], shapes_.values[i].bytes);
      Lifetime& life = lives[owner];
      life.first = life.first < 0 ? lifetimes_[i].first : std::min(life.first, lifetimes_[i].first);
      life.last = std::max(life.last, lifetimes_[i].last);
    }
    for (size_t step = 0; step < scratch_.size(); ++step) {
      if (!has_step(step)) continue;
      sizes[values + step] = scratch_[step];
      lives[values + step] = {static_cast<int>(step), static_cast<int>(step)};
    }
    const Placement placement = place_buffers(sizes, lives);
    for (size_t i = 0; i < values; ++i) {
      if (!has_value(i) || !in_arena(i)) continue;
      shapes_.arena_offsets[i] =
          placement.offsets[static_cast<size_t>(arena_owner(plan_, static_cast<int>(i)))];
    }
    for (size_t step = 0; step < scratch_.size(); ++step) {
      if (has_step(step) && scratch_[step] > 0) {
        shapes_.scratch_offsets[step] = placement.offsets[values + step];
      }
    }
    return placement.total;
  }

 private:
  bool in_arena(size_t value) const {
    return plan_.values[value].storage == Storage::kArena && shapes_.values[value].known;
  }

  size_t owner_of(size_t value) const {
    const auto owner = static_cast<size_t>(arena_owner(plan_, static_cast<int>(value)));
    if (owner != value && (!shapes_.values[owner].known ||
                           shapes_.values[value].bytes > shapes_.values[owner].bytes)) {
      fail({"shape.invalid",
            fmt::format("\"{}\" takes over the memory of \"{}\", which is smaller",
                        plan_.values[value].name, plan_.values[owner].name),
            "", "build the plan anew"});
    }
    return owner;
  }

  const Plan& plan_;
  const std::vector<size_t>& scratch_;
  PreparedShapes& shapes_;
  std::vector<Lifetime> lifetimes_;
};

std::shared_ptr<const PreparedShapes> prepare(const Engine::State& engine,
                                              const Bindings& bindings) {
  const Plan& plan = engine.plan;
  auto shapes = std::make_shared<PreparedShapes>();
  shapes->bindings = bindings;
  shapes->values = all_geometry(plan, engine.symbols, bindings);
  std::vector<size_t> scratch;
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const int step = static_cast<int>(i);
    const StepTensors tensors = step_tensors(plan, step, shapes->values);
    const auto attributes = engine.symbols.substitute(plan.steps[i].attributes, bindings);
    bool ready = attributes.has_value();
    for (const StepTensor& input : tensors.inputs) ready = ready && input.shape_known;
    bool outputs_known = true;
    for (const StepTensor& output : tensors.outputs)
      outputs_known = outputs_known && output.shape_known;
    shapes->run_decides.push_back(!ready || !outputs_known);
    shapes->dynamic = shapes->dynamic || !ready || !outputs_known;
    shapes->steps.push_back(ready ? prepare_step(engine, step, tensors, *attributes) : nullptr);
    scratch.push_back(ready ? shapes->steps.back()->scratch_bytes() : 0);
  }
  place_arena(engine, scratch, shapes.get());
  return shapes;
}

std::unique_ptr<PreparedStep> prepare(const StepDef& definition, const StepContext& context) {
  try {
    return definition.prepare(context);
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    // A library that refuses in its own words.
    fail({"step.unsupported", error.what(), "", "use another tactic"});
  }
}

}  // namespace

bool runs_on_host(const Engine::State& engine, size_t step) {
  return !engine.device || engine.definitions[step]->on_host;
}

std::span<const std::byte> StepContext::kernel(const std::string& key) const {
  fail(
      {"plan.malformed", fmt::format("there is no kernel \"{}\"", key), "", "build the plan anew"});
}

StepTensors step_tensors(const Plan& plan, int step, const std::vector<ValueGeometry>& values) {
  const auto tensors = [&](const std::vector<int>& indices) {
    std::vector<StepTensor> result;
    for (const int value : indices) {
      result.push_back(value < 0 ? StepTensor{}
                                 : step_tensor(plan, value, values[static_cast<size_t>(value)]));
    }
    return result;
  };
  const PlanStep& plan_step = plan.steps[static_cast<size_t>(step)];
  return {tensors(plan_step.inputs), tensors(plan_step.outputs)};
}

std::unique_ptr<PreparedStep> prepare_step(const Engine::State& engine, int step,
                                           const StepTensors& tensors,
                                           const Attributes& attributes) {
  const PlanStep& plan_step = engine.plan.steps[static_cast<size_t>(step)];
  try {
    return prepare(*engine.definitions[static_cast<size_t>(step)],
                   Preparation(engine, step, tensors, attributes));
  } catch (const Error& error) {
    std::vector<Problem> problems = error.problems();
    Problem& problem = problems.front();
    const std::string place = fmt::format("{}, step {} \"{}\" ({})", engine.where, step,
                                          plan_step.name, plan_step.tactic);
    problem.where = problem.where.empty() ? place : place + "; " + problem.where;
    if (engine.other_device) {
      problem.what += fmt::format("; the plan was built for \"{}\", this is \"{}\"",
                                  engine.plan.device, this_machine(engine));
      problem.fix = "build the plan anew on this machine (`ingot rebuild`)";
    }
    throw Error(std::move(problems));
  }
}

void place_arena(const Engine::State& engine, const std::vector<size_t>& scratch,
                 PreparedShapes* shapes) {
  shapes->arena_offsets.assign(engine.plan.values.size(), kNowhere);
  shapes->scratch_offsets.assign(scratch.size(), kNowhere);
  ArenaPlacement placement(engine, scratch, shapes);
  if (!engine.device) {
    shapes->arena_bytes = placement.place([](size_t) { return true; }, [](size_t) { return true; });
    return;
  }
  const auto on_host = [&](size_t value) {
    return engine.plan.values[value].layout == Layout::kHost;
  };
  const auto step_on_host = [&](size_t step) { return runs_on_host(engine, step); };
  shapes->arena_bytes = placement.place(std::not_fn(on_host), std::not_fn(step_on_host));
  shapes->host_arena_bytes = placement.place(on_host, step_on_host);
}

std::shared_ptr<const PreparedShapes> prepared_shapes(const Engine::State& engine,
                                                      const Bindings& bindings) {
  const std::lock_guard lock(engine.mutex);
  std::weak_ptr<const PreparedShapes>& known = engine.prepared[bindings];
  if (auto shapes = known.lock()) return shapes;
  engine.backend->set_threads(engine.threads);
  auto shapes = prepare(engine, bindings);
  known = shapes;
  std::erase_if(engine.prepared, [](const auto& entry) { return entry.second.expired(); });
  return shapes;
}

}  // namespace ingot
