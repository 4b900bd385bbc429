// Optimization profiles: shapes that the user gave, turned into constants and ranges of symbols.
#pragma once

#include "compiler/graph/graph.h"
#include "ingot/builder.h"

namespace ingot {

/// Dims that are the same in all profiles become constants; the others stay symbols, with their
/// ranges in graph.profiles. A dynamic dim without a shape becomes 1, and a static dim that the
/// user overrides takes his value; both add a warning. Throws Error with all problems
/// ("shape.unknown_input" with the nearest names, "shape.wrong_rank", "shape.bad_range",
/// "shape.symbol_conflict").
void apply_profiles(Graph* graph, const std::vector<Profile>& profiles,
                    std::vector<Problem>* warnings);

}  // namespace ingot
