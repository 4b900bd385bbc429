// The pool of dims of a plan, and the version of Ingot that plans are written with.
#include "core/plan/plan.h"

#include <algorithm>

#include "ingot/engine.h"

namespace ingot {

std::string_view version() { return INGOT_VERSION; }

int Plan::dim_index(const Dim& dim) {
  const auto found = std::find(dims.begin(), dims.end(), dim);
  if (found != dims.end()) return static_cast<int>(found - dims.begin());
  dims.push_back(dim);
  return static_cast<int>(dims.size()) - 1;
}

std::vector<int> Plan::dim_indices(const SymbolicShape& shape) {
  std::vector<int> indices;
  indices.reserve(shape.size());
  for (const Dim& dim : shape) indices.push_back(dim_index(dim));
  return indices;
}

}  // namespace ingot
