// Text of problems and errors, and nearest names by edit distance.
#include "core/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace ingot {
namespace {

std::string joined(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) {
    if (!text.empty()) text += '\n';
    text += problem.to_string();
  }
  return text;
}

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

/// Levenshtein distance that takes upper and lower case for the same.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

bool contains(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) { return lower(a) == lower(b); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

}  // namespace

std::string Problem::to_string() const {
  std::string text = fmt::format("error[{}]: {}", id, what);
  if (!where.empty()) text += "\n  where: " + where;
  if (!fix.empty()) text += "\n  fix:   " + fix;
  return text;
}

Error::Error(Problem problem) : Error(std::vector<Problem>{std::move(problem)}) {}

Error::Error(std::vector<Problem> problems)
    : problems_(std::move(problems)), text_(joined(problems_)) {}

void fail(Problem problem) { throw Error(std::move(problem)); }

void fail_internal(std::string_view expression, const char* file, int line) {
  throw Error(Problem{"internal.assertion", fmt::format("assertion failed: {}", expression),
                      fmt::format("{}:{}", file, line),
                      "this is a bug of Ingot: report it with the model and the command"});
}

void Problems::add(const std::vector<Problem>& problems) {
  problems_.insert(problems_.end(), problems.begin(), problems.end());
}

void Problems::throw_if_any() const {
  if (!problems_.empty()) throw Error(problems_);
}

std::vector<std::string> nearest_names(std::string_view name, std::span<const std::string> known,
                                       size_t limit) {
  const size_t tolerated = std::max<size_t>(2, name.size() / 3);
  std::vector<std::pair<size_t, const std::string*>> near;
  for (const std::string& candidate : known) {
    size_t distance = edit_distance(name, candidate);
    if (name.size() >= 3 && contains(candidate, name)) distance = std::min<size_t>(distance, 2);
    // Two wrong letters of three would make anything similar.
    if (distance <= tolerated && distance < std::max<size_t>(1, name.size())) {
      near.emplace_back(distance, &candidate);
    }
  }
  std::stable_sort(near.begin(), near.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (const auto& [distance, candidate] : near) {
    if (names.size() == limit) break;
    if (std::find(names.begin(), names.end(), *candidate) == names.end()) {
      names.push_back(*candidate);
    }
  }
  return names;
}

std::string suggest(std::string_view name, std::span<const std::string> known) {
  constexpr size_t most = 8;
  std::vector<std::string> names = nearest_names(name, known);
  const bool near = !names.empty();
  if (!near) names.assign(known.begin(), known.begin() + std::min(known.size(), most));
  if (names.empty()) return "there are no known names";
  std::string text = near ? "did you mean " : "known names: ";
  for (size_t i = 0; i < names.size(); ++i) {
    text += fmt::format("{}\"{}\"", i ? ", " : "", names[i]);
  }
  if (near) return text + "?";
  return names.size() < known.size() ? text + ", ..." : text;
}

}  // namespace ingot
