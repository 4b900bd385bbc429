// The axes of an elementwise operation over operands that broadcast, as few as there can be.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/engine/step.h"

namespace ingot {

struct OperandAxis {
  int64_t extent = 1;
  std::vector<int64_t> strides;  ///< of each operand, in elements; 0 where it is repeated
};

/// Axes of more than one element, the innermost of the output first; neighbours that lie one behind
/// the other in every operand have become one. At least one axis. Operand 0 of the result is the
/// output, the others are the inputs (absent ones have strides 0), whose shapes broadcast to it.
std::vector<OperandAxis> operand_axes(const StepTensor& output,
                                      const std::vector<StepTensor>& inputs);

}  // namespace ingot
