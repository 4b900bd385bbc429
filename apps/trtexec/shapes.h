// Shapes of the command line against the inputs of a model or engine.
#pragma once

#include <string_view>
#include <vector>

#include "apps/trtexec/options.h"
#include "ingot/builder.h"

namespace ingot::apps {

/// Names with a '*' become all inputs that match; throws UsageError for unknown names (nearest
/// names added).
ShapeList expand_shapes(const ShapeList& shapes, const std::vector<TensorInfo>& inputs,
                        std::string_view flag);

/// Profiles as TensorRT fills them in: a missing one of min, opt, max is copied from another, with
/// a warning each. `--shapes` alone is a profile of that one shape.
std::vector<Profile> make_profiles(const TrtexecOptions& options,
                                   const std::vector<TensorInfo>& inputs,
                                   std::vector<std::string>* warnings);

/// "fp32", "int64", ... as trtexec prints types.
std::string_view binding_type(DType dtype);

}  // namespace ingot::apps
