// What steps ask about their inputs while they are prepared: small constants (axes, starts, pads,
// sizes), presence, layout.
#pragma once

#include <optional>
#include <vector>

#include "runtime/engine/step.h"

namespace ingot {

/// True if input i is given.
bool has_input(const StepContext& context, int i);

/// All elements of input i, an integer constant. Throws Error ("step.unsupported") if it is
/// computed at run time.
std::vector<int64_t> constant_integers(const StepContext& context, int i);

/// The same as floats.
std::vector<float> constant_floats(const StepContext& context, int i);

/// Of a reduction or global pool: per axis of input 0, whether it is reduced.
std::vector<bool> reduced_axes(const StepContext& context);

/// Of a Pad: per axis of input 0, elements put before it (negative: taken away).
std::vector<int64_t> pad_begins(const StepContext& context);

/// Throws Error ("step.unsupported") with this reason.
[[noreturn]] void unsupported(const StepContext& context, std::string what);

/// Throws unless the tensor's layout has no blocks of channels, so that strides tell all.
void require_strided(const StepContext& context, const StepTensor& tensor);

/// True if the tensor's axes from `first` on lie side by side, row-major.
bool dense_from(const StepTensor& tensor, int first);

}  // namespace ingot
