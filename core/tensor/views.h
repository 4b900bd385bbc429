// Which reshapes leave bytes as they are in more layouts than the plain one.
#pragma once

#include "core/tensor/dim.h"

namespace ingot {

/// Of the same elements with other dims: true when only axes behind the channels change, so that
/// they are a view of each other in channels-last order, too.
inline bool keeps_channels(const SymbolicShape& from, const SymbolicShape& to) {
  constexpr size_t kLeast = 3;
  return from.size() >= kLeast && to.size() >= kLeast && from[0] == to[0] && from[1] == to[1];
}

}  // namespace ingot
