// The flags of a build that say in which precisions it may compute, and how that is checked.
#pragma once

#include <vector>

#include "apps/common/build_flags.h"

namespace ingot::apps {

/// --int8, --fp8, --best, --calib and the like, --precisionConstraints, --layerPrecisions,
/// --layerOutputTypes, --verify and the like. `*target` must outlive them.
void add_precision_flags(BuildFlags* target, std::vector<Flag>* flags);

/// Constraints, calibration and verification; not the permissions. Throws UsageError.
void set_precision_options(const BuildFlags& flags, BuildOptions* options);

}  // namespace ingot::apps
