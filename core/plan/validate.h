// Semantic checks of a plan: what must hold before the runtime may trust its numbers.
#pragma once

#include <string>

#include "core/plan/plan.h"

namespace ingot {

/// Throws Error ("plan.malformed") naming the value, constant or step. Sizes of tensors whose dims
/// are symbolic are checked again by the runtime, for each set of shapes.
/// `any_border`: inputs and outputs may have any layout (the one-step plans of the tuner, which are
/// never files).
void validate_plan(const Plan& plan, const std::string& where, bool any_border = false);

/// The value that owns the memory of `value`: itself, unless it is a view.
int root_of(const Plan& plan, int value);

}  // namespace ingot
