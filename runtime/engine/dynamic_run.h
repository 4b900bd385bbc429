// Runs in which data decides shapes: symbols are bound as soon as a step has made what they
// measure, and the steps that depend on them are prepared then. In an engine on a GPU such values are
// on the host, and so are the steps that read them.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "runtime/engine/engine_state.h"
#include "runtime/engine/instance.h"
#include "runtime/engine/memory.h"

namespace ingot {

class DynamicRun {
 public:
  explicit DynamicRun(const Engine::State& engine);
  DynamicRun(const DynamicRun&) = delete;
  DynamicRun& operator=(const DynamicRun&) = delete;

  /// Forgets the last run. `own_outputs` is where outputs of unknown size go.
  void begin(Instance* instance, const RunMemory& memory, const BorderAddresses* border,
             std::vector<Buffer>* own_outputs);
  /// Runs a step some of whose shapes were not known before. Throws what the step throws, and
  /// Error ("shape.undecided", "shape.mismatch").
  void run_step(size_t step);

  /// Geometry in this run; unknown until it was made.
  const ValueGeometry& geometry(int value) const { return values_[static_cast<size_t>(value)]; }
  /// Of the host's memory, also of constants, unless a step on the GPU asks.
  std::byte* address(int value, bool on_host = true);

 private:
  // A step prepared in an earlier run, for the same shapes.
  struct Ready {
    StepTensors tensors;
    Attributes attributes;
    std::unique_ptr<PreparedStep> step;
  };

  bool decided_before(int value) const;
  const ValueGeometry& resolve(int value);
  std::byte* make_root(int value);
  void* allocate(int output, DType dtype, const Shape& shape);
  void bind_symbols(int value);
  PreparedStep& ready_step(size_t step);

  const Engine::State& engine_;
  Instance* instance_ = nullptr;
  RunMemory memory_;
  const BorderAddresses* border_ = nullptr;
  std::vector<Buffer>* own_outputs_ = nullptr;
  Bindings bindings_;
  std::vector<ValueGeometry> values_;
  std::vector<std::byte*> roots_;  // per value: its memory in this run, where it is ours
  std::vector<Buffer> buffers_;    // per value; kept from run to run
  Buffer scratch_;
  std::vector<Ready> ready_;  // per step
  size_t step_ = 0;
  std::function<void*(int, DType, const Shape&)> allocate_;
};

}  // namespace ingot
