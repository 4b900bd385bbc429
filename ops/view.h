// Operators whose output is the same bytes in another shape.
#pragma once

#include "ops/outputs.h"
#include "ops/shape_arithmetic.h"

namespace ingot {

/// Output 0 = the bytes of input 0.
void evaluate_view(Reference& node);

/// Output 0 gets these dims, the type of input 0 and, moved along, its contents.
void infer_view(InferContext& node, SymbolicShape dims);

}  // namespace ingot
