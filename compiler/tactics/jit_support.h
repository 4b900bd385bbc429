// What the tactics of our own CUDA kernels share.
#pragma once

#include "compiler/tactics/tactic.h"

namespace ingot {

/// A candidate that launches one kernel of ours: as make_candidate, with the kernel's key as the
/// step's attribute "cubin". The tactic's name is `kind`, the step family.
Candidate make_jit_candidate(std::string_view kind, const TacticNode& node, const Target& target,
                             Layout layout, KernelSource source, std::string_view params = "");

/// One more kernel for a candidate, whose key becomes its attribute `attribute`.
void add_kernel(Candidate* candidate, const Target& target, KernelSource source,
                const std::string& attribute);

/// The name of a type in kernels: "float", "half_t", "bfloat16_t", "long long" (kernels/common).
/// Empty for types that kernels do not know.
std::string_view kernel_type(DType dtype);

/// Types that kernels read as float, compute with in float, and write: f32, f16, bf16.
bool is_kernel_float(DType dtype);

/// Plain, and channels last from rank 3 on.
std::vector<Layout> gpu_layouts(int rank);

}  // namespace ingot
