// A pointwise expression over tensors, tile by tile: every operation works on a tile that stays in
// the first-level cache, so that inputs are read once and the output is written once.
#pragma once

#include <memory>
#include <vector>

#include "core/node/expression.h"
#include "runtime/engine/step.h"

namespace ingot {

class PointwiseKernel {
 public:
  /// Expression input i is inputs[i]; inputs broadcast NumPy-style to the output. All full-size
  /// tensors have the output's layout; smaller ones are plain. Windows are fine. float32, float16,
  /// bfloat16, bool (0 or 1), int8 and uint8 (results round halves to even and saturate), and
  /// int32/int64 inputs that fit a float. Throws Error ("step.unsupported") with the reason.
  PointwiseKernel(const Expression& expression, const std::vector<StepTensor>& inputs,
                  const StepTensor& output, int threads);
  ~PointwiseKernel();

  /// `output` may be one of `inputs` if that one is of the output's type and shape.
  void run(const void* const* inputs, void* output) const;

  struct Plan;

 private:
  std::unique_ptr<Plan> plan_;
};

}  // namespace ingot
