// An expression as a list of tile instructions: constants folded, a * b + c fused, slots for what is
// in between shared among values that are not alive at once.
#pragma once

#include <vector>

#include "core/node/expression.h"
#include "runtime/cpu/kernels/pointwise_table.h"

namespace ingot {

/// How the elements of an input reach the instructions.
enum class InputClass : uint8_t {
  kDirect,  ///< read where they lie: floats, side by side
  kScalar,  ///< one number for the whole tile
  kLoaded,  ///< copied (converted, repeated) to a slot first
};

struct PointwiseProgram {
  /// Values are numbered: inputs first, then constants, then slots; the last one is the output.
  struct Instruction {
    TileFunction function;
    int a, b, c, result;
  };
  std::vector<Instruction> instructions;
  std::vector<float> constants;
  std::vector<int> input_slots;  ///< per input: its slot (from 0) if it is kLoaded, else -1
  int input_count = 0;
  int slot_count = 0;
  double nanoseconds_per_element = 0;  ///< a rough guess

  int first_constant() const { return input_count; }
  int first_slot() const { return first_constant() + static_cast<int>(constants.size()); }
  int output() const { return first_slot() + slot_count; }
};

PointwiseProgram compile_pointwise(const Expression& expression,
                                   const std::vector<InputClass>& inputs);

}  // namespace ingot
