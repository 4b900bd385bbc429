// Whether a shape that a caller sets is one that the profile allows.
#pragma once

#include "runtime/engine/engine_state.h"

namespace ingot {

/// Ok; or kInvalid for another rank; or kOutOfProfile with the axis, its range, and the flag that
/// would allow it.
Status check_shape(const Engine::State& engine, size_t input, int profile, const Shape& shape);

/// The Status of a problem, with its three-line text.
Status problem_status(StatusCode code, const Problem& problem);

}  // namespace ingot
