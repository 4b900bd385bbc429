// An expression over tensors that broadcast, in one launch: pointwise steps, and what is left of an
// epilogue after a library's kernel, in place over its output.
//
// The compiler makes the kernel by pointwise_source() of compiler/tactics/jit_pointwise.h, for the
// same dtypes in the same order.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/params/pointwise.h"
#include "runtime/engine/step.h"

namespace ingot {

class JitPointwise {
 public:
  /// Expression input i is inputs[i], an absent one is not read; they broadcast NumPy-style to the
  /// output. Tensors may lie in any layout and be windows. `attribute` of the step names the cubin.
  /// Throws Error ("step.unsupported") for tensors of 2^31 and more elements.
  JitPointwise(const StepContext& context, const std::vector<StepTensor>& inputs,
               const StepTensor& output, const std::string& attribute = "cubin");

  /// Queues it. `output` may be one of `inputs` that has its type and lies as it does.
  void launch(void* stream, const void* const* inputs, void* output) const;

  /// The entry that aligned addresses get.
  std::string entry() const;

 private:
  using Params = kernels::PointwiseParams<kernels::kMaxPointwiseInputs + 1>;
  struct Form {
    std::shared_ptr<const DeviceKernel> kernel;  ///< null: these tensors cannot be done so
    std::string entry;
    Params params;
    uint32_t blocks = 0;
  };
  void launch_form(const Form& form, void* stream, const void* const* inputs, void* output) const;

  size_t input_count_;
  std::vector<size_t> alignment_;  ///< of the output and the inputs, for the vector form
  Form vector_, scalar_;
};

/// The same where one input has another innermost axis than the output: a conversion of layout on
/// the way. Kernel: pointwise_turn_source().
class JitPointwiseTurn {
 public:
  JitPointwiseTurn(const StepContext& context, const std::vector<StepTensor>& inputs,
                   const StepTensor& output, int turned, const std::string& attribute = "cubin");
  void launch(void* stream, const void* const* inputs, void* output) const;

 private:
  using Params = kernels::PointwiseTurnParams<kernels::kMaxPointwiseInputs + 1>;
  size_t input_count_;
  std::shared_ptr<const DeviceKernel> kernel_;
  Params params_ = {};
  uint32_t blocks_ = 0;
};

}  // namespace ingot
