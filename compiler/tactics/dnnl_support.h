// What the oneDNN tactics ask of nodes and targets.
#pragma once

#include "compiler/tactics/tactic.h"

namespace ingot {

/// oneDNN computes in this type on this CPU; otherwise the reason.
Verdict dnnl_computes(DType dtype, const Target& target);

/// Layouts in which oneDNN's convolutions and pools have fast kernels here, best guess first.
std::vector<Layout> dnnl_layouts(const Target& target);

}  // namespace ingot
