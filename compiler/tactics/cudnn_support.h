// What the tactics of cuDNN's convolutions share.
#pragma once

#include <vector>

#include "compiler/tactics/tactic.h"

namespace ingot {

/// Inputs before the extras of an epilogue.
inline constexpr int kCudnnFirstExtra = 3;
/// Graphs that cuDNN compiles itself have few engines, and each takes a second.
inline constexpr int kMaxCompiledRanks = 4;

/// Operations that cuDNN's graphs have, with operands as they have them: numbers, tensors of the
/// output's shape, and vectors along the channels.
bool cudnn_can_fuse(const TacticNode& node, const Expression& expression);

/// Convolutions of 8-bit operands: one graph with the whole epilogue, which cuDNN compiles.
Verdict supports_narrow_conv(const TacticNode& node, const Target& target);
std::vector<Candidate> narrow_conv_candidates(const TacticNode& node, const Target& target);

}  // namespace ingot
