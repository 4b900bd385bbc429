// Regions of a model that a lower precision makes slower go back: a mixture by measured times.
#pragma once

#include "compiler/driver/compilation.h"
#include "compiler/driver/regions.h"

namespace ingot {

/// A gain within the noise is none: a lower precision costs accuracy.
constexpr double kLeastGain = 1.01;

/// The fastest mixture by the sum of its nodes' times: the layers whose steps take longer in `type`,
/// conversions included, are kept out of it, until none is. Layers that the user wants in it stay.
/// @param without  the same model with no layer in `type` (kI8 stands for FP8 too, else a 16-bit float)
/// @param full     with all that may be
Compilation refine_regions(Compiler* compiler, const Precisions& allowed, DType type,
                           const Compilation& without, const Compilation& full);

/// The regions where `type` loses most, in words; empty: nowhere.
std::string greatest_losses(const Compiler& compiler, DType type, const Compilation& without,
                            const Compilation& full);

}  // namespace ingot
