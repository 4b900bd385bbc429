// The flags of trtexec as a table, bound to an options struct.
#pragma once

#include <vector>

#include "apps/common/flags.h"
#include "apps/trtexec/options.h"

namespace ingot::apps {

std::vector<Flag> trtexec_flags(TrtexecOptions* options);

/// Flags of TensorRT 10.16 that Ingot does not have yet: they fail by name, never in silence.
std::vector<Flag> missing_flags();

/// Flags of TensorRT 8.x: mapped to what they mean today, with one warning each.
std::vector<Flag> old_flags(TrtexecOptions* options);

}  // namespace ingot::apps
