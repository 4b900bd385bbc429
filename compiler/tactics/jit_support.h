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

/// Quantised numbers, which kernels multiply exactly: i8, u8.
bool is_kernel_byte(DType dtype);

/// What kernels round a float to: f32, f16, bf16, i8, u8, f8e4m3.
bool is_kernel_result(DType dtype);

/// A Conv, ConvTranspose or MatMul of i8 or u8 by i8.
bool multiplies_integers(const TacticNode& node);
/// The same, or of 8-bit floats: its result is of any type.
bool multiplies_narrow(const TacticNode& node);

/// Types of operands and result that kernels of products take: floats of one type; 8-bit floats, or
/// i8 and u8 by i8, whose sums go through the epilogue to any of is_kernel_result, or are stored as
/// i32.
Verdict product_types_fit(const TacticNode& node);

/// What is added to the exact sums of each filter of an integer Conv with constant weights: its bias
/// (i32), less x_zero times the sum of its weights, by which sums over an image whose padding holds
/// x_zero become those over the image less x_zero. Empty if that is nothing.
std::vector<int64_t> integer_column_sums(const TacticNode& node);

/// Plain, and channels last from rank 3 on.
std::vector<Layout> gpu_layouts(int rank);

}  // namespace ingot
