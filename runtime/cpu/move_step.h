// A step that is nothing but moves from inputs to outputs.
#pragma once

#include <vector>

#include "runtime/cpu/move.h"

namespace ingot {

class MoveStep : public PreparedStep {
 public:
  explicit MoveStep(int threads) : threads_(threads) {}

  /// Offsets in bytes are added to the tensors' addresses.
  void add(LayoutMove move, int input, int64_t input_offset, int output, int64_t output_offset) {
    layout_moves_.push_back({std::move(move), input, output, input_offset, output_offset});
  }
  void add(StridedMove move, int input, int64_t input_offset, int output, int64_t output_offset) {
    strided_moves_.push_back({std::move(move), input, output, input_offset, output_offset});
  }

  void run(const StepMemory& memory) override {
    for (const auto& m : layout_moves_) m.move.run(from(memory, m), to(memory, m));
    for (const auto& m : strided_moves_) m.move.run(from(memory, m), to(memory, m), threads_);
  }

 private:
  template <typename Move>
  struct Part {
    Move move;
    int input, output;
    int64_t input_offset, output_offset;
  };
  template <typename P>
  static const char* from(const StepMemory& memory, const P& part) {
    return static_cast<const char*>(memory.inputs[part.input]) + part.input_offset;
  }
  template <typename P>
  static char* to(const StepMemory& memory, const P& part) {
    return static_cast<char*>(memory.outputs[part.output]) + part.output_offset;
  }

  std::vector<Part<LayoutMove>> layout_moves_;
  std::vector<Part<StridedMove>> strided_moves_;
  int threads_;
};

}  // namespace ingot
