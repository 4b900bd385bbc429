// Products of 8-bit integers by oneDNN: when they are exact, and how an epilogue becomes scales of
// the weights, a bias, and a rest.
#pragma once

#include "core/node/expression.h"
#include "runtime/cpu/dnnl/memory_desc.h"
#include "runtime/cpu/integer/epilogue.h"

namespace ingot {

/// Throws Error ("step.unsupported") where oneDNN's sums would not be exact: without 8-bit dot
/// products (VNNI) it adds pairs of products in 16 bits, which saturate, and shifts signed inputs.
/// Attribute "x_max" tells the largest value that a u8 input can hold.
void require_exact_sums(const StepContext& context);

/// An epilogue as oneDNN computes it: sum * scale[column] + bias[column], then `rest` (in0), whose
/// extras are still the step's.
struct ScaledEpilogue {
  std::vector<float> scale, bias;  ///< one element, or one a column
  Expression rest;
};

/// Operations that the result's type does anyway (limits of i8 and u8) are left out.
ScaledEpilogue scaled_epilogue(const Expression& epilogue, const std::vector<StepTensor>& extras,
                               const StepTensor& output, int column_axis);

}  // namespace ingot
