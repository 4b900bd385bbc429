// Arrays of files as the elements that an input has.
#pragma once

#include "core/tensor/tensor.h"
#include "ingot/samples.h"

namespace ingot {

/// Floats become other floats, integers other integers where all values fit; between the two nothing
/// is converted, as a forgotten scaling would go unseen. Throws Error ("sample.wrong_type").
Array convert(const Array& array, const TensorInfo& input, const std::string& path);

/// Pixels that were computed as floats as any type of input; integers are rounded and saturated.
Array pixels_as(const Tensor& floats, const TensorInfo& input);

}  // namespace ingot
