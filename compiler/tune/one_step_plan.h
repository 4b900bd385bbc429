// A candidate as a plan of one step, to be timed by the runtime that users run.
#pragma once

#include "compiler/jit/kernel_store.h"
#include "compiler/tactics/tactic.h"
#include "core/plan/plan.h"

namespace ingot {

/// Inputs and outputs are the caller's, in the candidate's layouts, at the opt shapes. Device code
/// that the candidate launches is taken from `kernels` (null on the CPU).
Plan one_step_plan(const TacticNode& node, const Candidate& candidate, const Target& target,
                   const KernelStore* kernels);

/// What decides the candidate's time: tactic, attributes, shapes, types, layouts, and of small
/// integer constants the values. Not the weights' values, not names.
std::string candidate_signature(const TacticNode& node, const Candidate& candidate);

}  // namespace ingot
