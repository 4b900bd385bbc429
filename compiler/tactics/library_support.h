// What the tactics of NVIDIA's libraries share.
#pragma once

#include "compiler/tactics/library_epilogue.h"
#include "compiler/tactics/tactic.h"

namespace ingot {

/// Types that the libraries compute with on this GPU.
Verdict library_computes(DType dtype, const Target& target);

/// How many of a library's own configurations are worth timing at this level of optimisation.
int library_ranks(const Target& target);

/// Sets what all steps of libraries understand: rank, workspace_limit, allow_tf32.
void set_library_choice(Candidate* candidate, const Target& target, int rank);

/// Makes a kernel of ours do `tail` over the output: in0 is the output (or sums of another type,
/// `sums`), in1, in2, ... are the extras,
/// but in<bias> is the operator's own bias, which stands before the extras, if `bias` is not 0. False
/// where there can be no such kernel.
bool add_tail(Candidate* candidate, const TacticNode& node, const Target& target, int first_extra,
              const Expression& tail, int bias = 0, DType sums = DType::kUndefined);

/// What extra 1, 2, ... of a node's epilogue can be to a library; `channel_axis` is the axis of the
/// output along which a bias runs (from the left).
Addend addend_of(const TacticNode& node, int first_extra, int extra, int channel_axis);

}  // namespace ingot
