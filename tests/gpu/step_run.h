// One run of one candidate on a device: tensors laid out as it wants them, the step prepared, run,
// its outputs read back. What gpu_step_test.h is made of.
#pragma once

#include <vector>

#include "compiler/jit/kernel_store.h"
#include "compiler/tactics/tactic.h"
#include "runtime/engine/device.h"

namespace ingot {

/// How the tensors of a run lie.
struct RunShape {
  int input_window_axis = -1;   ///< inputs are windows along this axis of larger buffers
  int output_window_axis = -1;  ///< outputs are
  int64_t before = 0, after = 0;
  bool in_place = false;  ///< output 0 takes over the memory of candidate.in_place_input
  bool recorded = false;  ///< the run is recorded, and the recording replayed
  std::string describe() const;
};

struct RunInput {
  Tensor tensor;
  bool constant = false;
};

/// The step's outputs as plain tensors; absent outputs are empty. Throws Error for what the step
/// says, and ("test.memory") if a byte outside of an output was written.
std::vector<Tensor> run_candidate(Device& device, const KernelStore& kernels,
                                  const Candidate& candidate, const std::vector<RunInput>& inputs,
                                  const std::vector<DType>& output_types,
                                  const std::vector<Shape>& output_shapes, const RunShape& shape);

}  // namespace ingot
