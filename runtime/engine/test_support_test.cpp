// The test backend and the builder of plans.
#include "runtime/engine/test_support.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <thread>

#include "core/base/error.h"
#include "runtime/engine/backend.h"
#include "runtime/engine/ref_step.h"

namespace ingot::test {
namespace {

// Calls `visit` with the offsets of each element in tensors of one shape.
void for_each(const Shape& shape, const std::vector<const Shape*>& strides,
              const std::function<void(const std::vector<int64_t>&)>& visit) {
  std::vector<int64_t> index(static_cast<size_t>(shape.rank()), 0), offsets(strides.size());
  for (int64_t count = 0; count < shape.elements(); ++count) {
    for (size_t i = 0; i < strides.size(); ++i) {
      offsets[i] = 0;
      for (int axis = 0; axis < shape.rank(); ++axis) {
        offsets[i] += index[static_cast<size_t>(axis)] * (*strides[i])[axis];
      }
    }
    visit(offsets);
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      if (++index[static_cast<size_t>(axis)] < shape[axis]) break;
      index[static_cast<size_t>(axis)] = 0;
    }
  }
}

using Run = std::function<void(const std::vector<StepTensor>&, const std::vector<StepTensor>&,
                               const StepMemory&)>;

// A step from a function; keeps its tensors.
class FunctionStep : public PreparedStep {
 public:
  FunctionStep(const StepContext& context, Run run, size_t scratch = 0)
      : inputs_(context.inputs()),
        outputs_(context.outputs()),
        run_(std::move(run)),
        scratch_(scratch) {
    ++counters().prepared;
    counters().threads = context.threads();
  }
  size_t scratch_bytes() const override { return scratch_; }
  std::string implementation() const override { return "test"; }
  void run(const StepMemory& memory) override { run_(inputs_, outputs_, memory); }

 private:
  std::vector<StepTensor> inputs_, outputs_;
  Run run_;
  size_t scratch_;
};

const float* in(const StepMemory& memory, int i) {
  return static_cast<const float*>(memory.inputs[i]);
}
float* out(const StepMemory& memory, int i) { return static_cast<float*>(memory.outputs[i]); }

std::unique_ptr<PreparedStep> prepare_add(const StepContext& context) {
  return std::make_unique<FunctionStep>(context, [](auto& x, auto& y, const StepMemory& m) {
    for_each(y[0].shape, {&x[0].strides, &x[1].strides, &y[0].strides},
             [&](auto& at) { out(m, 0)[at[2]] = in(m, 0)[at[0]] + in(m, 1)[at[1]]; });
  });
}

std::unique_ptr<PreparedStep> prepare_copy(const StepContext& context) {
  return std::make_unique<FunctionStep>(context, [](auto& x, auto& y, const StepMemory& m) {
    counters().last_input = m.inputs[0];
    counters().last_output = m.outputs[0];
    counters().last_dense = x[0].dense() && y[0].dense();
    for_each(y[0].shape, {&x[0].strides, &y[0].strides},
             [&](auto& at) { out(m, 0)[at[1]] = in(m, 0)[at[0]]; });
  });
}

std::unique_ptr<PreparedStep> prepare_twice(const StepContext& context) {
  const auto count = static_cast<size_t>(context.inputs()[0].shape.elements());
  return std::make_unique<FunctionStep>(
      context,
      [count](auto&, auto&, const StepMemory& m) {
        auto* scratch = static_cast<float*>(m.scratch);
        for (size_t i = 0; i < count; ++i) scratch[i] = in(m, 0)[i] * 2;
        std::copy_n(scratch, count, out(m, 0));
      },
      count * sizeof(float));
}

std::unique_ptr<PreparedStep> prepare_positive(const StepContext& context) {
  return std::make_unique<FunctionStep>(context, [](auto& x, auto&, const StepMemory& m) {
    std::vector<float> found;
    for (int64_t i = 0; i < x[0].shape[0]; ++i) {
      if (in(m, 0)[i] > 0) found.push_back(in(m, 0)[i]);
    }
    void* data = (*m.allocate)(0, DType::kF32, {static_cast<int64_t>(found.size())});
    if (!found.empty()) std::memcpy(data, found.data(), found.size() * sizeof(float));
  });
}

std::unique_ptr<PreparedStep> prepare_scale(const StepContext& context) {
  const int64_t count = context.inputs()[1].shape.elements();
  const auto format =
      "f32 dims=" + std::to_string(count) + " padded=" + std::to_string(count) + " strides=1";
  const auto* packed = static_cast<const float*>(context.packed_constant(
      1, format, static_cast<size_t>(count) * sizeof(float), [&](const void* plain, void* target) {
        ++counters().packed;
        std::memcpy(target, plain, static_cast<size_t>(count) * sizeof(float));
      }));
  return std::make_unique<FunctionStep>(context,
                                        [packed, count](auto&, auto&, const StepMemory& m) {
                                          for (int64_t i = 0; i < count; ++i)
                                            out(m, 0)[i] = in(m, 0)[i] * packed[i];
                                        });
}

std::unique_ptr<PreparedStep> prepare_wait(const StepContext& context) {
  return std::make_unique<FunctionStep>(context, [](auto&, auto&, const StepMemory&) {
    counters().waiting = true;
    while (counters().hold) std::this_thread::yield();
    counters().waiting = false;
  });
}

std::unique_ptr<PreparedStep> prepare_fail(const StepContext& context) {
  if (context.attributes().has("unsupported")) {
    fail({"step.unsupported", "it never is", "", "do not use it"});
  }
  if (context.attributes().has("refused")) {
    throw std::runtime_error("could not create a primitive");
  }
  return std::make_unique<FunctionStep>(context, [](auto&, auto&, const StepMemory&) {
    fail({"op.bad_index", "index 7 is out of range", "", "give smaller indices"});
  });
}

std::unique_ptr<PreparedStep> prepare_fill(const StepContext& context) {
  const auto value = static_cast<float>(
      context.attributes().find_as<std::vector<Dim>>("dims")->front().constant());
  return std::make_unique<FunctionStep>(context, [value](auto&, auto& y, const StepMemory& m) {
    for_each(y[0].shape, {&y[0].strides}, [&](auto& at) { out(m, 0)[at[0]] = value; });
  });
}

constexpr std::array kSteps = {
    StepDef{"test.add", "adds", prepare_add},
    StepDef{"test.copy", "copies", prepare_copy},
    StepDef{"test.twice", "doubles through scratch memory", prepare_twice},
    StepDef{"test.positive", "the positive elements", prepare_positive},
    StepDef{"test.scale", "multiplies by packed weights", prepare_scale},
    StepDef{"test.wait", "waits", prepare_wait},
    StepDef{"test.fail", "fails", prepare_fail},
    StepDef{"test.fill", "writes a dim of its attribute", prepare_fill},
};

const StepDef* find_step(std::string_view kind) {
  if (kind == "ref") return &ref_step();
  for (const StepDef& step : kSteps) {
    if (step.kind == kind) return &step;
  }
  return nullptr;
}

}  // namespace

Counters& counters() {
  static Counters counters;
  return counters;
}

void register_test_backend() {
  static const Backend backend = {"test", "test 1.0", find_step, [](int) {}};
  register_backend(backend);
}

PlanBuilder::PlanBuilder() {
  register_test_backend();
  plan.device = "test";
  plan.model_name = "test model";
  plan.profiles.emplace_back();
}

int PlanBuilder::add(const std::string& name, const SymbolicShape& shape, Storage storage,
                     DType dtype) {
  PlanValue value;
  value.name = name;
  value.dtype = dtype;
  value.dims = plan.dim_indices(shape);
  value.storage = storage;
  plan.values.push_back(value);
  return static_cast<int>(plan.values.size()) - 1;
}

int PlanBuilder::input(const std::string& name, const SymbolicShape& shape, DType dtype) {
  const int value = add(name, shape, Storage::kInput, dtype);
  plan.inputs.push_back({name, value});
  return value;
}

int PlanBuilder::output(const std::string& name, const SymbolicShape& shape, DType dtype) {
  const int value = add(name, shape, Storage::kOutput, dtype);
  plan.outputs.push_back({name, value});
  return value;
}

int PlanBuilder::arena(const SymbolicShape& shape, Storage storage, DType dtype) {
  return add("v" + std::to_string(plan.values.size()), shape, storage, dtype);
}

int PlanBuilder::window(int parent, int axis, const Dim& offset, const SymbolicShape& shape) {
  const int value = arena(shape, Storage::kView);
  plan.values.back().parent = parent;
  plan.values.back().axis = axis;
  plan.values.back().offset = plan.dim_index(offset);
  return value;
}

int PlanBuilder::reshaped(int parent, const SymbolicShape& shape) {
  const int value = arena(shape, Storage::kView);
  plan.values.back().parent = parent;
  return value;
}

int PlanBuilder::constant(const Shape& shape, std::vector<float> values,
                          const std::string& format) {
  const auto owner = std::make_shared<std::vector<float>>(std::move(values));
  plan.constants.push_back({DType::kF32, shape, format, std::as_bytes(std::span(*owner)), owner});
  const int value = add("c" + std::to_string(plan.values.size()), {shape.begin(), shape.end()},
                        Storage::kConstant, DType::kF32);
  plan.values.back().constant = static_cast<int>(plan.constants.size()) - 1;
  return value;
}

int PlanBuilder::integers(std::vector<int64_t> values) {
  const auto owner = std::make_shared<std::vector<int64_t>>(std::move(values));
  const auto count = static_cast<int64_t>(owner->size());
  plan.constants.push_back({DType::kI64, {count}, "", std::as_bytes(std::span(*owner)), owner});
  const int value =
      add("i" + std::to_string(plan.values.size()), {count}, Storage::kConstant, DType::kI64);
  plan.values.back().constant = static_cast<int>(plan.constants.size()) - 1;
  return value;
}

void PlanBuilder::also_output(const std::string& name, int value) {
  plan.outputs.push_back({name, value});
}

int PlanBuilder::step(const std::string& kind, std::vector<int> inputs, std::vector<int> outputs,
                      Attributes attributes) {
  const auto number = std::to_string(plan.steps.size());
  plan.steps.push_back({"step" + number,
                        kind,
                        kind + "/f32",
                        std::move(attributes),
                        std::move(inputs),
                        std::move(outputs),
                        {"/node" + number}});
  return static_cast<int>(plan.steps.size()) - 1;
}

void PlanBuilder::range(const std::string& symbol, int64_t min, int64_t opt, int64_t max) {
  plan.profiles[0].symbols.push_back({symbol, min, opt, max});
}

}  // namespace ingot::test
