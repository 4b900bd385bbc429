// A single elementwise operator (Add, LeakyRelu, Clip, ...) as a pointwise expression over the
// step's inputs.
#pragma once

#include "core/node/expression.h"
#include "runtime/engine/step.h"

namespace ingot {

/// Expression input i is the step's input i; attributes become constants. Throws Error
/// ("step.unsupported") for operators that are no pointwise operation.
Expression elementwise_expression(const StepContext& context);

}  // namespace ingot
