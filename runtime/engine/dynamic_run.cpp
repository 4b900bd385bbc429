// Steps whose shapes only a run decides.
#include "runtime/engine/dynamic_run.h"

#include <fmt/format.h>

#include "core/base/error.h"

namespace ingot {
namespace {

bool same_tensor(const StepTensor& a, const StepTensor& b) {
  return a.dtype == b.dtype && a.shape == b.shape && a.layout == b.layout &&
         a.buffer_shape == b.buffer_shape && a.strides == b.strides && a.constant == b.constant &&
         a.shape_known == b.shape_known;
}

bool same_tensors(const StepTensors& a, const StepTensors& b) {
  return std::equal(a.inputs.begin(), a.inputs.end(), b.inputs.begin(), b.inputs.end(),
                    same_tensor) &&
         std::equal(a.outputs.begin(), a.outputs.end(), b.outputs.begin(), b.outputs.end(),
                    same_tensor);
}

}  // namespace

DynamicRun::DynamicRun(const Engine::State& engine)
    : engine_(engine),
      roots_(engine.plan.values.size(), nullptr),
      buffers_(engine.plan.values.size()),
      ready_(engine.plan.steps.size()),
      allocate_([this](int output, DType dtype, const Shape& shape) {
        return allocate(output, dtype, shape);
      }) {}

void DynamicRun::begin(Instance* instance, const RunMemory& memory, const BorderAddresses* border,
                       std::vector<Buffer>* own_outputs) {
  instance_ = instance;
  memory_ = memory;
  border_ = border;
  own_outputs_ = own_outputs;
  bindings_ = instance->shapes().bindings;
  values_ = instance->shapes().values;
  std::fill(roots_.begin(), roots_.end(), nullptr);
}

bool DynamicRun::decided_before(int value) const {
  return instance_->shapes().values[static_cast<size_t>(value)].known;
}

const ValueGeometry& DynamicRun::resolve(int value) {
  ValueGeometry& geometry = values_[static_cast<size_t>(value)];
  if (!geometry.known) {
    geometry = value_geometry(engine_.plan, engine_.symbols, bindings_, value, values_);
  }
  return geometry;
}

// Memory of a root whose size this run decided.
std::byte* DynamicRun::make_root(int value) {
  auto& root = roots_[static_cast<size_t>(value)];
  if (root) return root;
  const size_t bytes = resolve(value).bytes;
  const int output = instance_->border_of(value);
  Buffer& buffer = output >= 0 ? (*own_outputs_)[static_cast<size_t>(output)]
                               : buffers_[static_cast<size_t>(value)];
  root = static_cast<std::byte*>(buffer.reserve(bytes));
  return root;
}

std::byte* DynamicRun::address(int value, bool on_host) {
  const ValueGeometry& geometry = resolve(value);
  if (!geometry.known) return nullptr;
  const int root = geometry.root;
  const Storage storage = engine_.plan.values[static_cast<size_t>(root)].storage;
  const bool ours = storage == Storage::kDynamic || !decided_before(root);
  if (!ours && decided_before(value)) {
    return instance_->address(value, memory_, *border_, on_host);
  }
  std::byte* base = ours ? make_root(root) : instance_->address(root, memory_, *border_, on_host);
  return base ? base + geometry.offset_bytes : nullptr;
}

void* DynamicRun::allocate(int output, DType dtype, const Shape& shape) {
  const PlanStep& step = engine_.plan.steps[step_];
  const int value = static_cast<size_t>(output) < step.outputs.size()
                        ? step.outputs[static_cast<size_t>(output)]
                        : -1;
  INGOT_CHECK(value >= 0);
  const PlanValue& plan_value = engine_.plan.values[static_cast<size_t>(value)];
  INGOT_CHECK(plan_value.dtype == dtype);
  ValueGeometry& geometry = values_[static_cast<size_t>(value)];
  if (geometry.known) {
    if (!(geometry.shape == shape)) {
      fail({"shape.mismatch",
            fmt::format("\"{}\" came out as {}, not {}", plan_value.name, shape.to_string(),
                        geometry.shape.to_string()),
            "", "report a bug with the model"});
    }
  } else {
    INGOT_CHECK(plan_value.storage != Storage::kView &&
                shape.rank() == static_cast<int>(plan_value.dims.size()));
    geometry = dense_geometry(plan_value, value, shape);
  }
  return instance_->step_outputs(step_)[output] = address(value);
}

// What came out names the symbols of its dims.
void DynamicRun::bind_symbols(int value) {
  const PlanValue& plan_value = engine_.plan.values[static_cast<size_t>(value)];
  const ValueGeometry& geometry = values_[static_cast<size_t>(value)];
  if (!geometry.known) {
    fail({"shape.undecided", fmt::format("the step gave \"{}\" no shape", plan_value.name), "",
          "report a bug with the model"});
  }
  for (int axis = 0; axis < geometry.shape.rank(); ++axis) {
    const int dim = plan_value.dims[static_cast<size_t>(axis)];
    const int symbol = engine_.symbols.symbol_of(dim);
    if (symbol >= 0 && bindings_[static_cast<size_t>(symbol)] == kUnbound) {
      bindings_[static_cast<size_t>(symbol)] = geometry.shape[axis];
    }
    const auto expected = engine_.symbols.evaluate(dim, bindings_);
    if (expected && *expected != geometry.shape[axis]) {
      fail({"shape.mismatch",
            fmt::format("axis {} of \"{}\" came out as {}, the plan says {} = {}", axis,
                        plan_value.name, geometry.shape[axis],
                        engine_.plan.dims[static_cast<size_t>(dim)].to_string(), *expected),
            "", "give inputs for which the model is defined"});
    }
  }
}

PreparedStep& DynamicRun::ready_step(size_t step) {
  if (PreparedStep* prepared = instance_->shapes().steps[step].get()) return *prepared;
  StepTensors tensors = step_tensors(engine_.plan, static_cast<int>(step), values_);
  auto attributes = engine_.symbols.substitute(engine_.plan.steps[step].attributes, bindings_);
  bool known = attributes.has_value();
  for (const StepTensor& input : tensors.inputs) known = known && input.shape_known;
  if (!known) {
    fail({"shape.undecided", "a shape that it needs was not decided by the steps before it", "",
          "report a bug with the model"});
  }
  Ready& ready = ready_[step];
  if (ready.step && same_tensors(ready.tensors, tensors) && ready.attributes == *attributes) {
    return *ready.step;
  }
  const std::lock_guard lock(engine_.mutex);
  ready.step.reset();
  ready.step = prepare_step(engine_, static_cast<int>(step), tensors, *attributes);
  ready.tensors = std::move(tensors);
  ready.attributes = std::move(*attributes);
  return *ready.step;
}

void DynamicRun::run_step(size_t step) {
  step_ = step;
  const PlanStep& plan_step = engine_.plan.steps[step];
  const bool on_host = runs_on_host(engine_, step);
  for (size_t i = 0; i < plan_step.inputs.size(); ++i) {
    const int value = plan_step.inputs[i];
    if (value >= 0) instance_->step_inputs(step)[i] = address(value, on_host);
  }
  std::vector<int> undecided;
  bool has_work = false;
  for (size_t i = 0; i < plan_step.outputs.size(); ++i) {
    const int value = plan_step.outputs[i];
    if (value < 0) continue;
    const ValueGeometry& geometry = resolve(value);
    if (!geometry.known) undecided.push_back(value);
    has_work = has_work || !geometry.known || geometry.bytes > 0;
    instance_->step_outputs(step)[i] = address(value);
  }
  if (!has_work) return;  // such as the boxes of an image in which nothing was found
  PreparedStep& prepared = ready_step(step);
  StepMemory memory = instance_->memory(step);
  if (!memory.scratch && prepared.scratch_bytes() > 0) {
    memory.scratch = scratch_.reserve(prepared.scratch_bytes());
  }
  memory.allocate = &allocate_;
  prepared.run(memory);
  for (const int value : undecided) bind_symbols(value);
}

}  // namespace ingot
