// What the oneDNN tactics ask of nodes and targets.
#pragma once

#include "compiler/tactics/tactic.h"

namespace ingot {

/// oneDNN computes in this type on this CPU; otherwise the reason.
Verdict dnnl_computes(DType dtype, const Target& target);

bool is_byte(DType dtype);  ///< i8 or u8

/// oneDNN's product of 8-bit integers is exact on this CPU, and the node is one that it takes (i8 or
/// u8 by constant i8); otherwise the reason.
Verdict dnnl_multiplies_integers(const TacticNode& node, const Target& target);

/// The largest number that input 0, of u8, can hold, as far as the graph tells: what is quantised to
/// the range of i8 stays below 128.
int64_t largest_value(const TacticNode& node);

/// Layouts in which oneDNN's convolutions and pools have fast kernels here, best guess first.
std::vector<Layout> dnnl_layouts(const Target& target);

}  // namespace ingot
