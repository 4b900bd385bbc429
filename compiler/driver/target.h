// Which machine a build is for.
#pragma once

#include "compiler/tactics/target.h"
#include "ingot/builder.h"

namespace ingot {

/// The device that the options name: "cpu", the index of a GPU, or "auto", which is the first GPU if
/// there is one that works, else the CPU; the log says in one line why it is that. Throws Error
/// ("device.not_available", "flag.bad_value").
Target make_target(const BuildOptions& options);

/// A GPU that multiplies 8-bit floats: Ada, and what came after it.
bool computes_in_fp8(const Target& target);

}  // namespace ingot
