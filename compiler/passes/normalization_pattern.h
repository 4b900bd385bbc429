// The common core of layer and RMS normalisation as exporters write it: x / sqrt(mean(x^2) + eps).
#pragma once

#include "compiler/graph/match.h"

namespace ingot {

struct Normalization {
  ValueId input;          ///< x; for a centered one, before the mean was taken off
  bool centered = false;  ///< x is what remains of `input` after its mean was taken off
  int axis = 0;           ///< normalised over this and all later axes
  float epsilon = 0;
  std::vector<std::string> origin;
  explicit operator bool() const { return static_cast<bool>(input); }
};

/// Reads the normalisation whose last node is `root` (a Div or Mul). If it is nearly one, `why_not`
/// says what is in the way.
Normalization match_normalization(const Graph& graph, NodeId root, std::string* why_not);

/// A value that scales or shifts each normalised element, with exactly the dims of these axes: the
/// value itself, or a constant reshaped or repeated. Nothing if it varies over other axes.
std::optional<ValueId> per_element(Graph* graph, ValueId value, const Shape& normalized);

/// The dims from `axis` on, if they are numbers.
std::optional<Shape> normalized_shape(const Graph& graph, ValueId value, int axis);

/// The result of the normalisation with the Mul by a scale and the Add of a bias after it.
struct ScaleAndShift {
  ValueId result;
  ValueId scale, shift;  ///< none where there is none
  std::vector<std::string> origin;
};
ScaleAndShift read_scale_and_shift(Graph* graph, ValueId normalized, const Shape& shape,
                                   bool with_shift);

}  // namespace ingot
