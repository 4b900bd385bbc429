// Gathers and scatters made ready: axes of two tensors and of their indices, brought to the fewest
// and the widest elements.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/params/indexed.h"
#include "runtime/cuda/jit_kernel.h"

namespace ingot {

/// One axis of the tensor that is walked over; strides in elements.
struct IndexedAxis {
  int64_t size = 1, walked = 0, placed = 0, index = 0;
};

/// Of an axis that indices name: its length and its stride.
struct NamedAxis {
  int64_t length = 0, stride = 0;
};

struct IndexedWalk {
  std::vector<IndexedAxis> axes;
  std::vector<NamedAxis> tuple;
  int64_t tuple_step = 1;
  bool wide_indices = true;

  /// Axes in the order of `walked` in memory; those of one element dropped, those that run on alike
  /// merged.
  void simplify();
  int64_t elements() const;
  /// The same in elements `factor` times as wide; false if it cannot be.
  bool widen(int64_t factor);
  /// Throws Error ("step.unsupported") for what the kernels' numbers cannot hold.
  kernels::IndexedParams params(const StepContext& context) const;
};

/// Output k of Gather, GatherElements, GatherND (`indices` is input 1), or the updates of
/// ScatterElements, ScatterND as `walked`; `placed` is the data.
IndexedWalk walk_gather(const StepContext& context, const StepTensor& placed,
                        const StepTensor& indices, const StepTensor& walked, int axis);
IndexedWalk walk_elements(const StepContext& context, const StepTensor& placed,
                          const StepTensor& indices, const StepTensor& walked, int axis);
IndexedWalk walk_tuples(const StepContext& context, const StepTensor& placed,
                        const StepTensor& indices, const StepTensor& walked, int batch_dims);

/// Launches one of the entries "<name>_<bytes>", the widest that strides and addresses allow.
class IndexedKernels {
 public:
  IndexedKernels(const StepContext& context, const IndexedWalk& walk, size_t element_bytes,
                 const std::string& name);
  void run(void* placed, const void* indices, void* walked, const StepMemory& memory) const;
  std::string implementation() const;

 private:
  struct Variant {
    int64_t bytes;
    kernels::IndexedParams params;
    std::unique_ptr<JitKernel<kernels::IndexedParams>> kernel;
  };
  std::vector<Variant> variants_;  ///< widest first; empty if there is nothing to do
};

}  // namespace ingot
