// A single elementwise operator (Add, LeakyRelu, Clip, ...) as a pointwise expression over its
// inputs.
#pragma once

#include <vector>

#include "core/node/expression.h"
#include "ops/op_def.h"

namespace ingot {

/// Expression input i is the operator's input i; attributes become constants. `given[i]` tells
/// whether input i is there. Empty for operators that are no pointwise operation.
Expression elementwise_expression(const OpDef& op, const Attributes& attributes,
                                  const std::vector<bool>& given);

}  // namespace ingot
