// What the tactics of our own CPU kernels ask of nodes.
#pragma once

#include "compiler/tactics/tactic.h"

namespace ingot {

/// Types that the float kernels of runtime/cpu read and write (they compute in f32).
bool cpu_reads_as_float(DType dtype);     ///< f32, f16, bf16, bool, i8, u8, i32, i64
bool cpu_writes_from_float(DType dtype);  ///< f32, f16, bf16, bool

/// A Conv with one filter a channel.
bool is_depthwise(const TacticNode& node);

/// yes() if input 0 and output 0 are f32, else the reason.
Verdict only_f32(const TacticNode& node);

/// yes() if the size of every output follows from the inputs' shapes, else the reason.
Verdict sizes_known(const TacticNode& node);

/// Candidates in these layouts, windows read and written.
std::vector<Candidate> windowed_candidates(std::string_view kind, const TacticNode& node,
                                           const Target& target, std::span<const Layout> layouts);

/// Plain, and channels last and blocked where input 0 has channels (rank 3 and more).
std::vector<Layout> layouts_of_rank(int rank);

}  // namespace ingot
