// Copies that the scheduler put into a plan become steps of the CUDA backend.
#pragma once

#include <vector>

#include "compiler/jit/kernel_source.h"
#include "compiler/tactics/target.h"
#include "core/plan/plan.h"

namespace ingot {

/// The kernel of all steps that only move elements.
KernelSource move_source();

/// Sets kind and tactic of every copy between layouts, windows, and host and device. Gives the
/// kernels that they launch, for the plan to carry. Does nothing to plans for the CPU.
std::vector<KernelSource> finish_copies(Plan* plan, const Target& target);

}  // namespace ingot
