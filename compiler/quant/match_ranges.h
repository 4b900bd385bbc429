// The ranges of a cache against the tensors of a model: caches outlive models, and names change.
#pragma once

#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/quant/ranges.h"
#include "ingot/error.h"

namespace ingot {

struct RangeMatch {
  int known = 0;                     ///< tensors of the model that have a range
  std::vector<std::string> lacking;  ///< float tensors of the model that have none, in order
  std::vector<std::string> foreign;  ///< ranges of tensors that the model does not have
};

/// Names of the float values of a graph that a run computes: inputs and outputs of nodes.
std::vector<std::string> float_tensors(const Graph& graph);

/// Compares by name. Tensors that TensorRT made itself ("(Unnamed Layer* 64) [Shuffle]_output") are
/// nobody's mistake and left out of `foreign`.
RangeMatch match_ranges(const Graph& graph, const QuantizationRanges& ranges);

/// Throws Error ("calibration.stale_cache") where the ranges are of another model: less than half of
/// them name tensors of this one. Else gives warnings about what lacks and what is too much, with
/// the nearest names.
/// @param where  the file, for the problems
std::vector<Problem> check_match(const Graph& graph, const QuantizationRanges& ranges,
                                 const std::string& where);

}  // namespace ingot
