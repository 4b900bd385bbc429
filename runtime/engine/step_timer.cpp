// Timing of one step.
#include "runtime/engine/step_timer.h"

#include <fmt/format.h>
#include <immintrin.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "core/base/cpu.h"
#include "core/base/error.h"
#include "runtime/engine/device_run.h"
#include "runtime/engine/engine_state.h"

namespace ingot {
namespace {

constexpr size_t kMaxFlushed = size_t{64} << 20;
constexpr size_t kCacheLine = 64;

void require(const Status& status) {
  if (!status.ok()) fail({"step.failed", status.message(), "", "choose another tactic"});
}

template <typename T>
void fill(const TensorView& view) {
  std::minstd_rand random(1);
  for (T& element : view.as<T>()) {
    const float x = static_cast<float>(random() % 2001) / 1000.0F - 1.0F;
    element = T(x);
  }
}

// Small bits are valid in every integer type, as an index, and as a bool.
void fill_bits(const TensorView& view) {
  std::minstd_rand random(1);
  const size_t element = std::max<size_t>(dtype_bytes(view.dtype), 1);
  auto* bytes = static_cast<uint8_t*>(view.data);
  for (size_t i = 0; i < view.bytes(); ++i) {
    bytes[i] = i % element == 0 ? static_cast<uint8_t>(random() % 2) : 0;
  }
}

void fill_input(const TensorView& view) {
  switch (view.dtype) {
    case DType::kF32:
      return fill<float>(view);
    case DType::kF64:
      return fill<double>(view);
    case DType::kF16:
      return fill<Half>(view);
    case DType::kBF16:
      return fill<BFloat16>(view);
    default:
      return fill_bits(view);
  }
}

// As much of an input as is made up; the rest repeats it. Millions of random numbers would take
// longer than a GPU takes for the step.
constexpr int64_t kPattern = 1 << 16;

/// Fills device memory by copies of what is there of it.
void repeat_on_device(DeviceQueue& queue, void* to, size_t known, size_t bytes) {
  auto* begin = static_cast<char*>(to);
  for (size_t done = known; done > 0 && done < bytes;) {
    const size_t more = std::min(done, bytes - done);
    queue.copy(begin + done, begin, more);
    done += more;
  }
}

// The constants that the step reads: packed where it packed them.
std::vector<std::span<const std::byte>> large_constants(const Engine& engine) {
  const Plan& plan = engine.state().plan;
  const auto packed = packed_constants(engine);
  std::vector<std::span<const std::byte>> constants;
  for (const PlanConstant& constant : plan.constants) {
    const bool replaced = std::any_of(packed.begin(), packed.end(), [&](const auto& entry) {
      const auto [step, input] = entry.first;
      const int value = plan.steps[static_cast<size_t>(step)].inputs[static_cast<size_t>(input)];
      const int index = plan.values[static_cast<size_t>(value)].constant;
      return index >= 0 && &plan.constants[static_cast<size_t>(index)] == &constant;
    });
    if (!replaced) constants.push_back(constant.bytes);
  }
  for (const auto& [place, constant] : packed) constants.push_back(constant.bytes);
  std::erase_if(constants, [](const auto& bytes) {
    return bytes.size() <= cpu_info().l2_bytes || bytes.size() > kMaxFlushed;
  });
  return constants;
}

void flush(const std::vector<std::span<const std::byte>>& constants) {
  for (const auto& bytes : constants) {
    for (size_t at = 0; at < bytes.size(); at += kCacheLine) _mm_clflush(bytes.data() + at);
  }
  _mm_mfence();
}

std::string implementations(const Engine& engine) {
  const Engine::State& state = engine.state();
  const std::lock_guard lock(state.mutex);
  for (const auto& [bindings, weak] : state.prepared) {
    const auto shapes = weak.lock();
    if (!shapes) continue;
    std::string text;
    for (const auto& step : shapes->steps) {
      if (!step) continue;
      const std::string name = step->implementation();
      if (!name.empty()) text += (text.empty() ? "" : " + ") + name;
    }
    return text;
  }
  return "";
}

// Runs of one step on a GPU: once on its own, then as a recording of many, as engines replay them.
StepTiming time_on_gpu(const Engine& engine, const std::shared_ptr<const PreparedShapes>& shapes,
                       int repeats, double max_seconds) {
  const Engine::State& state = engine.state();
  DeviceRun run(state);
  run.reserve(*shapes);
  Instance instance(state, shapes);
  BorderAddresses border;
  std::vector<Tensor> filled;
  std::vector<std::shared_ptr<void>> host;
  for (size_t i = 0; i < state.plan.inputs.size(); ++i) {
    const auto value = static_cast<size_t>(state.plan.inputs[i].value);
    const size_t bytes = shapes->values[value].bytes;
    const DType dtype = state.plan.values[value].dtype;
    const size_t element = std::max<size_t>(dtype_bytes(dtype), 1);
    const auto elements = static_cast<int64_t>(bytes / element);
    const bool on_host = state.plan.values[value].layout == Layout::kHost;
    filled.push_back(
        Tensor::allocate(dtype, Shape{on_host ? elements : std::min(elements, kPattern)}));
    const TensorView made = filled.back().mutable_view();
    fill_input(made);
    if (on_host) {
      border.inputs.push_back(made.data);
      continue;
    }
    border.inputs.push_back(run.input_address(i, nullptr, bytes));
    if (bytes > 0) run.queue().copy(border.inputs.back(), made.data, made.bytes());
    repeat_on_device(run.queue(), border.inputs.back(), made.bytes(), bytes);
  }
  for (size_t i = 0; i < state.plan.outputs.size(); ++i) {
    const auto value = static_cast<size_t>(state.plan.outputs[i].value);
    const size_t bytes = shapes->values[value].bytes;
    if (state.plan.values[value].layout == Layout::kHost) {
      host.push_back(allocate_aligned(std::max<size_t>(bytes, 64)));
      border.outputs.push_back(host.back().get());
    } else {
      border.outputs.push_back(run.output_address(i, nullptr, bytes));
    }
  }
  const double us = run.time_steps(&instance, border, repeats, max_seconds);
  return {us, us, implementations(engine), shapes->steps[0]->scratch_bytes()};
}

}  // namespace

struct StepTrial::State {
  std::shared_ptr<const Engine> engine;
  std::shared_ptr<const PreparedShapes> shapes;
};

StepTrial::StepTrial(const Plan& one_step_plan, const EngineOptions& options)
    : state_(std::make_unique<State>()) {
  state_->engine = load_engine(one_step_plan, options);
  // Preparing through the engine keeps the Error of a step that cannot do these shapes.
  const Engine::State& engine = state_->engine->state();
  state_->shapes = prepared_shapes(engine, opt_bindings(engine));
}

StepTrial::~StepTrial() = default;

StepTiming StepTrial::measure(int warm_up, int repeats, double max_seconds) const {
  const auto& engine = state_->engine;
  const auto& shapes = state_->shapes;
  if (engine->on_gpu()) return time_on_gpu(*engine, shapes, repeats, max_seconds);
  Context context(engine);
  std::vector<Tensor> inputs;
  const Plan& plan = engine->state().plan;
  for (size_t i = 0; i < engine->inputs().size(); ++i) {
    const TensorInfo& info = engine->inputs()[i];
    Shape shape;
    require(context.shape(info.name, &shape));
    // Blocked layouts hold more than the elements.
    const Layout layout = plan.values[static_cast<size_t>(plan.inputs[i].value)].layout;
    if (layout != Layout::kPlain) shape = Shape{padded_elements(shape, layout)};
    inputs.push_back(Tensor::allocate(info.dtype, shape));
    fill_input(inputs.back().mutable_view());
    require(context.set_address(info.name, inputs.back().mutable_view().data));
  }
  require(context.prepare());
  const auto constants = large_constants(*engine);

  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const auto spent = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  for (int i = 0; i < warm_up && (i == 0 || spent() < max_seconds / 2); ++i) require(context.run());
  std::vector<double> times;
  while (times.empty() || (static_cast<int>(times.size()) < repeats && spent() < max_seconds)) {
    flush(constants);
    const auto begin = Clock::now();
    require(context.run());
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times.front(), implementations(*engine),
          shapes->steps[0]->scratch_bytes()};
}

}  // namespace ingot
