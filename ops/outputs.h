// Outputs of a reference evaluation that were not allocated beforehand, because their shape depends
// on the values of the inputs.
#pragma once

#include "ops/reference.h"

namespace ingot {

/// Allocates the outputs that are not there yet, with the shapes that the shape rule gives for the
/// inputs' values. For operators whose output shape follows from values (Reshape, Slice, Range).
void allocate_outputs(Reference& node);

/// Output i with this type and shape: the one that is there if it fits, else a new one.
const TensorView& output_like(Reference& node, int i, DType dtype, const Shape& shape);

/// Throws Error ("op.bad_shape") with all shapes unless they `fit`. Shape rules let symbols that
/// differ pass; what they are in this run is checked before memory is touched.
void require_fit(const Reference& node, bool fit);

}  // namespace ingot
