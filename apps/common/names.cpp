// Names and shapes on the command line: see the header.
#include "apps/common/names.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "apps/common/flags.h"

namespace ingot::apps {
namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = std::tolower(static_cast<unsigned char>(a[i - 1])) ==
                        std::tolower(static_cast<unsigned char>(b[j - 1]));
      const size_t replaced = diagonal + (same ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_hint(std::string_view name, std::span<const std::string> known) {
  std::vector<std::pair<size_t, std::string>> near;
  for (const std::string& candidate : known) {
    const size_t distance = edit_distance(name, candidate);
    if (distance <= std::max<size_t>(2, name.size() / 3)) near.emplace_back(distance, candidate);
  }
  std::sort(near.begin(), near.end());
  if (near.empty()) return "see --help for all";
  std::string text = "did you mean ";
  for (size_t i = 0; i < near.size() && i < 3; ++i) {
    text += fmt::format("{}{}", i ? ", " : "", near[i].second);
  }
  return text + "?";
}

Shape parse_shape(std::string_view flag, const std::string& text) {
  Shape shape;
  if (text.empty() || text == "scalar") return shape;
  for (const std::string& dim : split_list(text, 'x')) {
    if (shape.rank() == Shape::kMaxRank) {
      throw UsageError(fmt::format("{}: {} has more than {} axes", flag, text, Shape::kMaxRank));
    }
    const int64_t size = parse_integer(flag, dim);
    if (size < 0) throw UsageError(fmt::format("{}: {} has a negative axis", flag, text));
    shape.push_back(size);
  }
  return shape;
}

bool matches_glob(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*') {
    for (size_t skip = 0; skip <= name.size(); ++skip) {
      if (matches_glob(pattern.substr(1), name.substr(skip))) return true;
    }
    return false;
  }
  if (name.empty() || (pattern[0] != '?' && pattern[0] != name[0])) return false;
  return matches_glob(pattern.substr(1), name.substr(1));
}

std::string file_name_for(std::string_view tensor_name) {
  std::string name(tensor_name);
  for (char& c : name) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
    if (!plain) c = '_';
  }
  return name;
}

}  // namespace ingot::apps
