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

/// Where a context's arenas begin, and the stream that steps on a GPU are queued in.
struct RunMemory {
  std::byte* arena = nullptr;
  std::byte* host_arena = nullptr;  ///< of engines on a GPU only
  void* stream = nullptr;
  friend bool operator==(const RunMemory&, const RunMemory&) = default;
};

/// Address tables of all steps. Pointers into the arena are set once, those into the caller's
/// memory before each run; those that only a run decides stay null.
class Instance {
 public:
  Instance(const Engine::State& engine, std::shared_ptr<const PreparedShapes> shapes);

  const PreparedShapes& shapes() const { return *shapes_; }
  /// Points the tables to this memory and these border addresses. Allocates nothing.
  void bind(const RunMemory& memory, const BorderAddresses& border);
  const StepMemory& memory(size_t step) const { return memory_[step]; }
  /// The steps that read or write border memory which lies elsewhere in the two.
  std::vector<int> steps_that_differ(const BorderAddresses& a, const BorderAddresses& b) const;
  /// The slots of one step, for runs that decide addresses themselves.
  const void** step_inputs(size_t step) { return inputs_.data() + first_input_[step]; }
  void** step_outputs(size_t step) { return outputs_.data() + first_output_[step]; }

  /// What a GPU replays instead of queueing the steps again: valid for these addresses only.
  struct Recorded {
    BorderAddresses border;
    std::byte *arena, *host_arena;
    std::unique_ptr<Recording> recording;
  };
  std::vector<Recorded> recordings;  ///< last used last

  /// The input or output whose memory a value is, or -1.
  int border_of(int value) const { return border_of_[static_cast<size_t>(value)]; }
  /// Address of a value that has one before the run; else null. A constant's is that on the GPU
  /// where there is one, unless `on_host`.
  std::byte* address(int value, const RunMemory& memory, const BorderAddresses& border,
                     bool on_host) const;

 private:
  void bind_arena(const RunMemory& memory);

  const Engine::State& engine_;
  std::shared_ptr<const PreparedShapes> shapes_;
  std::vector<int> border_of_;  // per value: index of the input or output that is its memory
  BorderAddresses no_border_;   // all null
  std::vector<size_t> first_input_, first_output_;
  std::vector<const void*> inputs_;
  std::vector<void*> outputs_;
  std::vector<StepMemory> memory_;
  struct Patch {
    int step;
    bool is_output;  // of the step
    size_t slot;
    int value;  // whose root is at the border
  };
  std::vector<Patch> patches_;
  RunMemory bound_to_;
  bool bound_ = false;
};

}  // namespace ingot
