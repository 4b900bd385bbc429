// Shapes against profiles, and what to do about one that does not fit.
#include "runtime/engine/shape_check.h"

#include <fmt/format.h>

#include <algorithm>

namespace ingot {
namespace {

std::string suggested_flag(const char* flag, const std::string& name, const Shape& bound,
                           const Shape& wanted, bool larger) {
  Shape shape = bound;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    shape[axis] =
        larger ? std::max(bound[axis], wanted[axis]) : std::min(bound[axis], wanted[axis]);
  }
  return fmt::format("{}={}:{}", flag, name, shape.to_string());
}

bool within(const ProfileInfo::Input& bounds, const Shape& shape) {
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] < bounds.min[axis] || shape[axis] > bounds.max[axis]) return false;
  }
  return true;
}

}  // namespace

Status problem_status(StatusCode code, const Problem& problem) {
  return {code, problem.to_string()};
}

Status check_shape(const Engine::State& engine, size_t input, int profile, const Shape& shape) {
  const ProfileInfo::Input& bounds = engine.profiles[static_cast<size_t>(profile)].inputs[input];
  const TensorInfo& info = engine.inputs[input];
  if (shape.rank() != bounds.opt.rank()) {
    return problem_status(
        StatusCode::kInvalid,
        {"shape.wrong_rank",
         fmt::format("input \"{}\": {} has {} axes, the engine wants {}", info.name,
                     shape.to_string(), shape.rank(), bounds.opt.rank()),
         engine.where, fmt::format("give a shape like {}", bounds.opt.to_string())});
  }
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const int64_t extent = shape[axis], min = bounds.min[axis], max = bounds.max[axis];
    if (extent >= min && extent <= max) continue;
    const bool is_static = info.dims[static_cast<size_t>(axis)] >= 0;
    std::string fix;
    for (size_t other = 0; other < engine.profiles.size() && fix.empty(); ++other) {
      if (within(engine.profiles[other].inputs[input], shape)) {
        fix = fmt::format("choose profile {}, which allows it (--useProfile={})", other, other);
      }
    }
    if (is_static) {
      fix = fmt::format("give {} there, or export the model with a dynamic axis", min);
    } else if (fix.empty()) {
      fix = fmt::format("rebuild with {}, or resize the input",
                        extent > max
                            ? suggested_flag("--maxShapes", info.name, bounds.max, shape, true)
                            : suggested_flag("--minShapes", info.name, bounds.min, shape, false));
    }
    const std::string allowed =
        min == max ? fmt::format("{}", min) : fmt::format("{} to {}", min, max);
    return problem_status(StatusCode::kOutOfProfile,
                          {"shape.out_of_profile",
                           fmt::format("input \"{}\": {} is outside profile {}", info.name,
                                       shape.to_string(), profile),
                           fmt::format("axis {} is {}, the {} allows {}", axis, extent,
                                       is_static ? "engine" : "profile", allowed),
                           fix});
  }
  return {};
}

}  // namespace ingot
