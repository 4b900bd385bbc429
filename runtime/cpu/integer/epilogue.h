// Epilogues of integer products, folded: what most of them do to a sum is a scale and a bias of its
// column, at most one residual, and limits.
#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "core/node/expression.h"
#include "runtime/engine/step.h"

namespace ingot {

/// clamp(sum * scale[column] + bias[column] + residual * factor, low, high).
struct AffineEpilogue {
  std::vector<float> scale, bias;  ///< one element, or one a column
  int residual = 0;                ///< expression input (1: the first extra), 0: none
  float factor = 0;
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
};

/// How an extra of an epilogue relates to the output's columns (its channels).
enum class ExtraKind { kNumber, kColumns, kFull, kOther };
ExtraKind extra_kind(const StepTensor& extra, const Shape& output, int column_axis);

/// `epilogue` in that form, or nothing where it is something else. Positive factors behind a clamp
/// are moved before it; that changes nothing but the rounding of floats. extras[k] is expression
/// input k + 1; an empty epilogue is the sum itself.
std::optional<AffineEpilogue> affine_epilogue(const Expression& epilogue,
                                              const std::vector<StepTensor>& extras,
                                              const Shape& output, int column_axis);

}  // namespace ingot
