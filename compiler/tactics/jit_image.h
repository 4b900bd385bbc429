// What the tactics of our own kernels over images share.
#pragma once

#include <string>

#include "compiler/tactics/jit_support.h"

namespace ingot {

/// The node's epilogue as code before a kernel (kernels/common/image_epilogue.cuh): extras are the
/// inputs from `first_extra` on. It needs kExpressionHeader.
std::string image_epilogue_code(const TacticNode& node, int first_extra);

/// Kernels can compute the epilogue of the node: types and number of its extra inputs.
Verdict image_epilogue_fits(const TacticNode& node, int first_extra);

/// Code in the namespace of the kernels, after lines that stand outside of it.
std::string kernel_preamble(const std::string& code, std::string_view header = "");

/// The most elements of at most 16 bytes that divide `count`: what one instruction moves.
int64_t vector_of(DType dtype, int64_t count);

/// Input 0, output 0 and the inputs of output 0's shape in `layout`, everything else plain.
void set_image_layouts(Candidate* candidate, const TacticNode& node, Layout layout);

}  // namespace ingot
