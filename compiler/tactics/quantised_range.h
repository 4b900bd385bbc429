// Which u8 values are numbers that i8 has too. A value that is never negative is kept as u8 with the
// scale of an i8 one: it ends at 127, and a library that knows i8 only may take it for that.
#pragma once

#include "compiler/graph/graph.h"

namespace ingot {

/// An i8 value, or a u8 one that its producers end at 127.
bool holds_i8_numbers(const Graph& graph, ValueId value);

/// `expression` ends in min(..., c) with c of at most 127: its result, stored as u8, is such a value.
bool ends_at_127(const Expression& expression);

}  // namespace ingot
