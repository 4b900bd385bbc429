// Shapes of the command line: see the header.
#include "apps/common/shapes.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>

#include "apps/common/flags.h"
#include "apps/common/names.h"

namespace ingot::apps {
namespace {

/// Only '*' is special here: names of tensors may hold a '?'.
bool matches(std::string_view pattern, std::string_view name) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == name;
  const std::string_view head = pattern.substr(0, star), tail = pattern.substr(star + 1);
  return name.size() >= head.size() + tail.size() && name.starts_with(head) && name.ends_with(tail);
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// min, opt and max of one input, as far as given.
struct Given {
  std::optional<Shape> min, opt, max;
};

ShapeRange complete(const std::string& name, const Given& given,
                    std::vector<std::string>* warnings) {
  const auto copied = [&](std::string_view from, std::string_view to) {
    warnings->push_back(fmt::format("{} is being broadcasted to {} for tensor {}", from, to, name));
  };
  ShapeRange range;
  if (given.opt && !given.min && !given.max) {
    copied("optShapes", "minShapes");
    copied("optShapes", "maxShapes");
    range = {*given.opt, *given.opt, *given.opt};
  } else if (given.max && !given.opt && !given.min) {
    copied("maxShapes", "minShapes");
    copied("maxShapes", "optShapes");
    range = {*given.max, *given.max, *given.max};
  } else if (given.min && !given.opt && !given.max) {
    copied("minShapes", "optShapes");
    copied("minShapes", "maxShapes");
    range = {*given.min, *given.min, *given.min};
  } else if (given.min && given.max && !given.opt) {
    copied("maxShapes", "optShapes");
    range = {*given.min, *given.max, *given.max};
  } else if (given.min && given.opt && !given.max) {
    copied("optShapes", "maxShapes");
    range = {*given.min, *given.opt, *given.opt};
  } else if (given.max && given.opt && !given.min) {
    copied("optShapes", "minShapes");
    range = {*given.opt, *given.opt, *given.max};
  } else {
    range = {*given.min, *given.opt, *given.max};
  }
  return range;
}

}  // namespace

ShapeList parse_shapes(std::string_view flag, const std::string& text) {
  ShapeList shapes;
  for (const auto& [name, dims] : parse_name_values(flag, text)) {
    if (std::count(name.begin(), name.end(), '*') > 1) {
      throw UsageError(fmt::format("{}: \"{}\" has more than one *", flag, name));
    }
    shapes.emplace_back(name, parse_shape(flag, dims));
  }
  return shapes;
}

ShapeList expand_shapes(const ShapeList& shapes, const std::vector<TensorInfo>& inputs,
                        std::string_view flag) {
  std::vector<std::string> names;
  for (const TensorInfo& input : inputs) names.push_back(input.name);
  ShapeList result;
  std::vector<Problem> problems;
  for (const auto& [pattern, shape] : shapes) {
    bool any = false;
    for (const std::string& name : names) {
      if (!matches(pattern, name)) continue;
      result.emplace_back(name, shape);
      any = true;
    }
    if (any) continue;
    const std::string hint = nearest_hint(pattern, names);
    problems.push_back(
        {"shape.unknown_input", fmt::format("there is no input \"{}\"", pattern),
         fmt::format("{}={}:{}", flag, pattern, shape.to_string()),
         fmt::format("{}inputs: {}", hint.starts_with("did") ? hint + " " : std::string(),
                     listed(names))});
  }
  if (!problems.empty()) throw Error(std::move(problems));
  return result;
}

std::vector<Profile> make_profiles(const std::vector<ProfileShapes>& all_given,
                                   const ShapeList& shapes_of_all,
                                   const std::vector<TensorInfo>& inputs,
                                   std::vector<std::string>* warnings) {
  std::vector<Profile> profiles;
  for (const ProfileShapes& shapes : all_given) {
    std::map<std::string, Given> given;
    for (const auto& [name, shape] : expand_shapes(shapes.min, inputs, "--minShapes")) {
      given[name].min = shape;
    }
    for (const auto& [name, shape] : expand_shapes(shapes.opt, inputs, "--optShapes")) {
      given[name].opt = shape;
    }
    for (const auto& [name, shape] : expand_shapes(shapes.max, inputs, "--maxShapes")) {
      given[name].max = shape;
    }
    Profile profile;
    for (const auto& [name, shape] : given) profile[name] = complete(name, shape, warnings);
    profiles.push_back(std::move(profile));
  }
  const ShapeList fixed = expand_shapes(shapes_of_all, inputs, "--shapes");
  if (!fixed.empty() && profiles.empty()) profiles.emplace_back();
  for (Profile& profile : profiles) {
    for (const auto& [name, shape] : fixed) {
      profile.try_emplace(name, ShapeRange{shape, shape, shape});
    }
  }
  return profiles;
}

std::string dims_text(const TensorInfo& tensor) {
  if (tensor.dims.empty()) return "scalar";
  std::string text;
  for (size_t axis = 0; axis < tensor.dims.size(); ++axis) {
    if (axis) text += 'x';
    const bool has_symbol = axis < tensor.symbols.size() && !tensor.symbols[axis].empty();
    text += tensor.dims[axis] >= 0 ? std::to_string(tensor.dims[axis])
            : has_symbol           ? tensor.symbols[axis]
                                   : "?";
  }
  return text;
}

std::string_view binding_type(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return "fp32";
    case DType::kF16:
      return "fp16";
    case DType::kBF16:
      return "bf16";
    case DType::kF64:
      return "fp64";
    case DType::kI8:
      return "int8";
    case DType::kU8:
      return "uint8";
    case DType::kI32:
      return "int32";
    case DType::kI64:
      return "int64";
    case DType::kBool:
      return "bool";
    default:
      return dtype_name(dtype);
  }
}

}  // namespace ingot::apps
