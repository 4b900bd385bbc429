// The same part of a model in two compilations: which is faster?
#pragma once

#include <set>
#include <string>
#include <vector>

#include "compiler/driver/compilation.h"

namespace ingot {

/// ONNX nodes that one compilation or the other fuses with each other, so that their times can be
/// compared only together.
struct Region {
  std::set<std::string> layers;
  std::string name;                    ///< of its slowest product in `type`; empty: it has none
  double us_without = 0, us_with = 0;  ///< sums over the nodes made of these layers
  double us_product = 0;               ///< of the product that has given the name
  bool lowered = false;                ///< a product of it computes in `type` in `with`
};

/// @param source  the model: its quantising nodes bind no regions, since they fuse to both sides
/// @param type    what `with` may compute in and `without` may not; kI8 stands for all of 8 bits
std::vector<Region> compare_regions(const Graph& source, DType type, const Compilation& without,
                                    const Compilation& with);

}  // namespace ingot
