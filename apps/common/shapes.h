// Shapes of the command line against the inputs of a model or engine.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingot/builder.h"

namespace ingot::apps {

/// name (maybe with one '*') -> shape, in the order given.
using ShapeList = std::vector<std::pair<std::string, Shape>>;

/// What --minShapes, --optShapes and --maxShapes of one profile say.
struct ProfileShapes {
  ShapeList min, opt, max;
};

/// "name:1x3x224x224,'Input:0':8": throws UsageError naming the flag.
ShapeList parse_shapes(std::string_view flag, const std::string& text);

/// Names with a '*' become all inputs that match. Throws Error ("shape.unknown_input", nearest
/// names added) with one problem for each unknown name.
ShapeList expand_shapes(const ShapeList& shapes, const std::vector<TensorInfo>& inputs,
                        std::string_view flag);

/// Profiles as TensorRT fills them in: a missing one of min, opt, max is copied from another, with
/// a warning each. `shapes` is the range of every input that a profile does not name, or alone the
/// only profile.
std::vector<Profile> make_profiles(const std::vector<ProfileShapes>& given, const ShapeList& shapes,
                                   const std::vector<TensorInfo>& inputs,
                                   std::vector<std::string>* warnings);

/// "fp32", "int64", ... as trtexec prints types.
std::string_view binding_type(DType dtype);

/// "?x3x224x224": a dim that is decided at run time is its symbol, or '?'.
std::string dims_text(const TensorInfo& tensor);

}  // namespace ingot::apps
