// Backends: shared objects beside the runtime, loaded when the first engine needs one.
#pragma once

#include <string_view>

#include "runtime/engine/packing.h"
#include "runtime/engine/step.h"

namespace ingot {

/// Puts a backend into the table under `backend.name` without loading anything (tests, and
/// programs that link a backend). The backend must outlive every engine.
void register_backend(const Backend& backend);

/// Sets GOMP_SPINCOUNT to a bounded value, unless the user decided on the waiting of OpenMP's
/// threads. Must come before libgomp is loaded, which reads it once.
void bound_openmp_spin();

}  // namespace ingot
