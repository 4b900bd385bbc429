// Text forms of small things in a plan's metadata (docs/plan-format.md, section 4).
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "ingot/types.h"

namespace ingot {

/// "64,3,7,7"; empty for a scalar.
inline std::string plan_shape_text(const Shape& shape) {
  std::string text;
  for (const int64_t dim : shape) text += (text.empty() ? "" : ",") + std::to_string(dim);
  return text;
}

/// Nothing for anything else, more than 8 axes, or a negative number.
inline std::optional<Shape> parse_plan_shape(std::string_view text) {
  Shape shape;
  while (!text.empty()) {
    int64_t dim = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), dim);
    if (error != std::errc() || dim < 0 || shape.rank() == Shape::kMaxRank) return std::nullopt;
    shape.push_back(dim);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if (text.empty()) break;
    if (text[0] != ',' || text.size() == 1) return std::nullopt;
    text.remove_prefix(1);
  }
  return shape;
}

}  // namespace ingot
