// What steps over images share: strides and windows as kernels take them, the extra inputs of an
// epilogue, weights with the filters innermost.
#pragma once

#include "kernels/params/divisor.h"
#include "kernels/params/window.h"
#include "ops/window.h"
#include "runtime/cuda/jit_kernel.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {

/// Strides of [batch, channels, spatial...] with one to three spatial axes. Throws Error
/// ("step.unsupported") if one image spans 2^31 elements or more.
kernels::ImageStrides image_strides(const StepContext& context, const StepTensor& image);

/// Throws Error ("step.unsupported") if a size does not fit into 31 bits.
kernels::WindowParams window_params(const StepContext& context, const Window& window);

/// A divisor for sizes, which may be 0 where nothing is launched.
kernels::Divisor size_divisor(const StepContext& context, int64_t size);

/// Threads of a launch where each has one number of 31 bits. Throws Error ("step.unsupported").
uint32_t count_threads(const StepContext& context, int64_t threads);

/// Elements of T that are moved by one instruction from any pixel of the tensor, if its address is a
/// multiple of their bytes: all strides are.
bool strides_allow_vectors(const StepTensor& tensor, int64_t vector);

/// The extra inputs of a node's epilogue, broadcast to output 0.
class ImageEpilogue {
 public:
  ImageEpilogue(const StepContext& context, int first_extra);
  /// The parameters for one run.
  kernels::EpilogueParams params(const StepMemory& memory) const;

 private:
  kernels::EpilogueParams params_{};
  int first_, count_;
};

/// Weights of a convolution on the device as [groups][taps][channels][filters], channels and filters
/// of one group. Plain weights are [groups * filters, channels, kernel...]; those of a transposed
/// convolution [groups * channels, filters, kernel...]. Packed where they are constant, else as the
/// run brings them, dense and plain.
class ConvWeights {
 public:
  /// @param tap_major  false: [groups][channels][taps][filters]
  ConvWeights(const StepContext& context, int64_t groups, bool transposed, bool tap_major = true);
  const void* address(const StepMemory& memory) const {
    return packed_ != nullptr ? packed_ : memory.inputs[1];
  }
  int64_t groups, filters, channels, taps;  ///< filters and channels of one group
  // Distances in elements.
  int64_t group_stride, filter_stride, channel_stride, tap_stride;

 private:
  const void* packed_ = nullptr;
};

}  // namespace ingot
