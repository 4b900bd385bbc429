// The flags of trtexec that ask for a build again: kept in the plan for `ingot rebuild`.
#pragma once

#include <string>
#include <vector>

#include "ingot/builder.h"

namespace ingot {

/// What decides the engine, not how the build was watched. The device is left out: a rebuild is for
/// the machine where it runs.
std::vector<std::string> build_flags(const BuildOptions& options);

}  // namespace ingot
