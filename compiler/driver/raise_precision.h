// Moves as few nodes as it takes to a higher precision, so that an engine passes its check.
#pragma once

#include "compiler/driver/accuracy_check.h"
#include "compiler/driver/compilation.h"

namespace ingot {

/// ONNX nodes to keep out of `type` (kI8, or the 16-bit float of `precisions`): those with the largest
/// local errors, as many as a search by engines of optimisation level 0 finds to be needed. Empty
/// where not even all of them are enough.
std::vector<std::string> layers_to_raise(Compiler* compiler, const Precisions& precisions,
                                         DType type, const AccuracyCheck& check, double tolerance);

/// The precisions with these layers kept out of `type`.
Precisions raised(Precisions precisions, DType type, const std::vector<std::string>& layers);

}  // namespace ingot
