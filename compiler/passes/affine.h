// Elementwise nodes that scale and shift each channel by constants: y = scale * x + shift.
#pragma once

#include <string>
#include <vector>

#include "compiler/graph/match.h"

namespace ingot {

struct Affine {
  ValueId input;             ///< x
  std::vector<float> scale;  ///< one for each channel
  std::vector<float> shift;  ///< one for each channel; all 0 for a pure scale
  bool shifts = false;
  bool scales = false;
  std::string why_not;  ///< set if the node is no such thing although it looks like one
  explicit operator bool() const { return static_cast<bool>(input) && why_not.empty(); }
};

/// Reads Add, Sub, Mul or Div of a value and a float constant that varies along `axis` only.
/// `input` is none for other nodes.
Affine match_affine(const Graph& graph, NodeId id, int axis);

/// The constant's value for each of `channels` along `axis` of a tensor of rank `rank`; why not.
std::optional<std::vector<float>> per_channel(const Tensor& constant, int rank, int axis,
                                              int64_t channels, std::string* why_not);

}  // namespace ingot
