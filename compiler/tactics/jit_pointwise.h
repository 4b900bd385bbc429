// Kernels of pointwise expressions, for tactics that run one beside another kernel.
#pragma once

#include <span>
#include <string>

#include "compiler/jit/kernel_source.h"
#include "core/node/expression.h"
#include "core/tensor/dtype.h"

namespace ingot {

/// The kernel that JitPointwise (runtime/cuda/pointwise_kernel.h) launches: `expression` over inputs
/// of these types (kUndefined: absent), computed in float, stored as `output`. Where a step has
/// other kernels too, give it by add_kernel(candidate, target, source, "pointwise").
KernelSource pointwise_source(const Expression& expression, std::span<const DType> inputs,
                              DType output);

/// Why there is no such kernel, in a sentence; empty if there is.
std::string pointwise_refusal(const Expression& expression, std::span<const DType> inputs,
                              DType output);

}  // namespace ingot
