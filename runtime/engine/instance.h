// One context's use of prepared shapes: the addresses that each step is called with.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/engine/engine_state.h"
#include "runtime/engine/prepared.h"

namespace ingot {

/// Addresses of a context's inputs and outputs, for one run.
struct BorderAddresses {
  std::vector<void*> inputs, outputs;
};

/// Address tables of all steps. Pointers into the arena are set once, those into the caller's
/// memory before each run; those that only a run decides stay null.
class Instance {
 public:
  Instance(const Engine::State& engine, std::shared_ptr<const PreparedShapes> shapes);

  const PreparedShapes& shapes() const { return *shapes_; }
  /// Points the tables to this arena and these border addresses. Allocates nothing.
  void bind(std::byte* arena, const BorderAddresses& border);
  const StepMemory& memory(size_t step) const { return memory_[step]; }
  /// The slots of one step, for runs that decide addresses themselves.
  const void** step_inputs(size_t step) { return inputs_.data() + first_input_[step]; }
  void** step_outputs(size_t step) { return outputs_.data() + first_output_[step]; }

  /// The input or output whose memory a value is, or -1.
  int border_of(int value) const { return border_of_[static_cast<size_t>(value)]; }
  /// Address of a value that has one before the run; else null.
  std::byte* address(int value, std::byte* arena, const BorderAddresses& border) const;

 private:
  void bind_arena(std::byte* arena);

  const Engine::State& engine_;
  std::shared_ptr<const PreparedShapes> shapes_;
  std::vector<int> border_of_;  // per value: index of the input or output that is its memory
  BorderAddresses no_border_;   // all null
  std::vector<size_t> first_input_, first_output_;
  std::vector<const void*> inputs_;
  std::vector<void*> outputs_;
  std::vector<StepMemory> memory_;
  struct Patch {
    bool is_output;  // of the step
    size_t slot;
    int value;  // whose root is at the border
  };
  std::vector<Patch> patches_;
  std::byte* arena_ = nullptr;
  bool bound_ = false;
};

}  // namespace ingot
