// The equation of Einsum ("bij,bjk->bik", "...ij,...jk", "ii->i"), parsed: one label for each axis
// of each operand, and those of the result.
#pragma once

#include <string>
#include <vector>

namespace ingot {

/// Labels are letters; axes under an ellipsis get kEllipsis + their distance from its right end, so
/// that ellipses of different lengths broadcast.
struct EinsumEquation {
  static constexpr int kEllipsis = 1000;
  std::vector<std::vector<int>> operands;
  std::vector<int> result;

  /// `ranks[i]` is the rank of operand i. Throws Error ("op.bad_equation").
  static EinsumEquation parse(const std::string& text, const std::vector<int>& ranks);
};

}  // namespace ingot
