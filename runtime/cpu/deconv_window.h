// What a transposed convolution crops, for steps.
#pragma once

#include <vector>

#include "ops/infer.h"

namespace ingot {

/// Per spatial axis, elements that are cropped before the first of the output. `node` is a
/// ConvTranspose; shapes are those of its input and output.
std::vector<int64_t> deconv_begins(const NodeAttributes& node, const SpatialWindow& window,
                                   const Shape& x, const Shape& y);

}  // namespace ingot
