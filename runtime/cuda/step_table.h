// The steps of the CUDA backend: runtime/cuda/steps, one file a family.
#pragma once

#include <span>

#include "runtime/engine/step.h"

namespace ingot {

std::span<const StepDef* const> all_cuda_steps();

}  // namespace ingot
