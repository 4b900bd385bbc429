// Conversion of whole tensors between element types: Cast, CastLike.
#pragma once

#include "core/tensor/tensor.h"

namespace ingot {

/// y = x in y's type. Floats to integers are truncated, integers wrap. Where not `saturate`, floats
/// beyond the range of an 8-bit float become its infinity or NaN instead of its largest value.
void convert_elements(const TensorView& x, const TensorView& y, bool saturate);

/// Where y holds 8-bit floats rounded from these values: writes infinity or NaN over those that
/// were too large.
void mark_overflow(const float* values, const TensorView& y, int64_t offset, int64_t count);

}  // namespace ingot
