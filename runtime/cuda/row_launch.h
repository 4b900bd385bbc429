// How a row kernel (kernels/block/row.cuh) is launched: the entry that suits the rows' length, and
// its shape. Whether 16-byte vectors may be used is known only with the addresses of a run, because a
// window that lies in one piece may begin anywhere.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>

#include "runtime/cuda/jit_kernel.h"

namespace ingot {

/// True if all addresses are multiples of 16 bytes.
inline bool vector_aligned(std::initializer_list<const void*> addresses) {
  for (const void* address : addresses) {
    if (reinterpret_cast<uintptr_t>(address) % 16 != 0) return false;
  }
  return true;
}

/// Entry and launch of one row function.
struct RowEntry {
  std::string suffix;  ///< "_warp", "_warp_vector", ...
  LaunchShape shape;
};
/// @param vector  elements that a vector has; 1: none
RowEntry row_entry(int64_t rows, int64_t length, int vector);

/// The kernels of a row function for one shape: with vectors where length and addresses allow.
template <typename Params>
class RowKernels {
 public:
  /// @param vector  elements of X in 16 bytes
  RowKernels(const StepContext& context, const std::string& name, int64_t rows, int64_t length,
             int vector)
      : rows_(rows), scalar_(context, name, row_entry(rows, length, 1)) {
    if (length % vector == 0) vector_.emplace(context, name, row_entry(rows, length, vector));
  }

  void launch(const StepMemory& memory, const Params& params, bool aligned) const {
    const Launch& chosen = aligned && vector_ ? *vector_ : scalar_;
    if (rows_ > 0) chosen.kernel.launch(memory, chosen.shape, params);
  }
  /// The entry that aligned addresses get.
  const std::string& entry() const { return (vector_ ? *vector_ : scalar_).entry; }

 private:
  struct Launch {
    Launch(const StepContext& context, const std::string& name, const RowEntry& chosen)
        : entry(name + chosen.suffix), kernel(context, entry), shape(chosen.shape) {}
    std::string entry;
    JitKernel<Params> kernel;
    LaunchShape shape;
  };
  int64_t rows_;
  Launch scalar_;
  std::optional<Launch> vector_;
};

/// A dense tensor seen from one axis, in the order of memory.
struct MemorySplit {
  int64_t outer = 1, length = 1, inner = 1;
};
MemorySplit memory_split(const StepTensor& tensor, int axis);

}  // namespace ingot
