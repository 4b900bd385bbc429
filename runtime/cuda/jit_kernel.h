// A kernel of ours, as a step launches it: an entry of the cubin that the compiler made for the step.
#pragma once

#include <memory>
#include <string>

#include "runtime/engine/step.h"

namespace ingot {

/// @tparam Params  the kernel's struct of kernels/params
template <typename Params>
class JitKernel {
 public:
  /// The cubin is the one that attribute `attribute` of the step names.
  JitKernel(const StepContext& context, const std::string& entry,
            const std::string& attribute = "cubin")
      : kernel_(context.device()->load_kernel(context.kernel(context.attributes().text(attribute)),
                                              entry)) {}

  /// All kernels of ours begin with wait_for_previous_grid, so that they may be started early.
  void launch(const StepMemory& memory, LaunchShape shape, const Params& params) const {
    shape.overlaps = true;
    kernel_->launch(memory.stream, shape, &params, sizeof(Params));
  }
  const DeviceKernel& kernel() const { return *kernel_; }

 private:
  std::shared_ptr<const DeviceKernel> kernel_;
};

/// Blocks that `items` need at `per_block` each, at least 1.
inline uint32_t blocks_for(int64_t items, int64_t per_block) {
  return static_cast<uint32_t>(items <= per_block ? 1 : (items + per_block - 1) / per_block);
}

}  // namespace ingot
