// Movements of 4-bit elements: unpacked to bytes, moved, packed again.
#pragma once

#include "ops/reference.h"

namespace ingot {

/// If input 0 and output 0 are of a 4-bit type, runs `evaluate` on bytes in their place and returns
/// true; else does nothing and returns false.
bool evaluate_in_whole_bytes(Reference& node, void (*evaluate)(Reference& node));

}  // namespace ingot
