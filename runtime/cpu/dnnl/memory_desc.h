// Between Ingot's words and oneDNN's: memory descriptors of step tensors, packed formats of weights.
#pragma once

#include <memory>
#include <new>
#include <oneapi/dnnl/dnnl.hpp>

#include "core/tensor/packed_format.h"
#include "runtime/engine/step.h"

namespace ingot {

/// The engine of the process (CPU), and a stream of the calling thread. Whoever makes a primitive
/// or its arguments asks for the engine first: throws std::bad_alloc where memory is about to end.
dnnl::engine& dnnl_engine();
dnnl::stream& dnnl_stream();

dnnl::memory::data_type dnnl_type(DType dtype);  ///< undef where oneDNN has no such type

/// Descriptor of the tensor as it lies (windows give strided descriptors). With `rank` above the
/// tensor's own, dims of 1 are put in front (NumPy broadcasting). Throws Error ("step.unsupported")
/// for a window that ends inside a block of channels.
dnnl::memory::desc dnnl_desc(const StepTensor& tensor, int rank = 0);

/// A dense row-major descriptor.
dnnl::memory::desc plain_desc(DType dtype, const Shape& shape);

/// Format `any`: the primitive chooses.
dnnl::memory::desc any_desc(DType dtype, const Shape& shape);

/// `desc` as Ingot's packed format. `order[i]` is the axis of `desc` that is axis i of the constant.
PackedFormat packed_format(const dnnl::memory::desc& desc, DType dtype,
                           const std::vector<int>& order);

/// Packs the step's constant input i for a primitive that wants `wanted`. `plain` describes the
/// constant's own dense data in the primitive's axes (strides carry a transposition).
const void* pack_weights(const StepContext& context, int input, const dnnl::memory::desc& wanted,
                         const dnnl::memory::desc& plain, const std::vector<int>& order);

/// `prepare` of a step that calls oneDNN: what it throws where memory runs out becomes
/// std::bad_alloc.
template <std::unique_ptr<PreparedStep> (*prepare)(const StepContext&)>
std::unique_ptr<PreparedStep> prepare_dnnl(const StepContext& context) {
  try {
    return prepare(context);
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
    throw;
  }
}

}  // namespace ingot
