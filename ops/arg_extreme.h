// ArgMax and ArgMin: where along an axis the extreme element is.
#pragma once

#include "ops/reference.h"

namespace ingot {

void infer_arg_extreme(InferContext& node);
void evaluate_arg_extreme(const Reference& node, bool largest);
std::vector<OpAttribute> arg_extreme_attributes();

}  // namespace ingot
