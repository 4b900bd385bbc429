// The step families of the CPU backend; the table is generated from runtime/cpu/steps.
#pragma once

#include <span>

#include "runtime/engine/step.h"

namespace ingot {

std::span<const StepDef* const> all_cpu_steps();

}  // namespace ingot
