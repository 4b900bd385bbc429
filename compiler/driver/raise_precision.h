// Moves as few nodes as it takes to a higher precision, so that an engine passes its check.
#pragma once

#include "compiler/driver/accuracy_check.h"
#include "compiler/driver/compilation.h"
#include "compiler/driver/layer_effects.h"

namespace ingot {

/// ONNX nodes to keep out of `type` (kI8, or the 16-bit float of `precisions`): those that win most
/// accuracy for the time that they lose, as many as a search by engines of optimisation level 0 finds
/// to be needed. Empty where not even all of them are enough.
/// @param now      what is to be repaired
/// @param effects  of its layers in `type`
std::vector<std::string> layers_to_raise(Compiler* compiler, const Compilation& now, DType type,
                                         const LayerEffects& effects, const AccuracyCheck& check,
                                         const OutputTolerances& tolerances);

/// The precisions with these layers kept out of `type`.
Precisions raised(Precisions precisions, DType type, const std::vector<std::string>& layers);

/// The precisions with no layer in `type`.
Precisions without(Precisions precisions, DType type);

}  // namespace ingot
