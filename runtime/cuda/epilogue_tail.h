// What is left of an epilogue after a library's kernel: a kernel of ours over the output, in place,
// or from sums of another type into it.
#pragma once

#include <optional>
#include <vector>

#include "runtime/cuda/pointwise_kernel.h"
#include "runtime/engine/step.h"

namespace ingot {

/// Does nothing unless the step has attribute "tail": an Expression over the output (in0) and the
/// extras of the epilogue (in1, in2, ...), whose kernel is that of attribute "pointwise". Attribute
/// "tail_bias" names an input of the expression that is the operator's own bias, if it is not 0.
class EpilogueTail {
 public:
  /// Extra 1 is the step's input `first_extra`; the bias, along axis 1, stands before it.
  /// `sums`: the type of the library's results, where they are not stored in the output.
  EpilogueTail(const StepContext& context, int first_extra, DType sums = DType::kUndefined);

  /// Queues it; addresses are those of the step's run. `sums` lie as the output does, without gaps.
  void run(const StepMemory& memory, const void* sums = nullptr) const;
  bool empty() const { return !kernel_; }

 private:
  std::optional<JitPointwise> kernel_;
  std::vector<int> inputs_;  ///< of the step, for in1, in2, ...; -1: not read
};

}  // namespace ingot
