// Helpers for making good problems: formatted text, nearest names, collection of many problems.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingot/error.h"

namespace ingot {

/// Throws an Error with one problem.
[[noreturn]] void fail(Problem problem);

/// A bug of Ingot's own, never reachable from user input: throws Error "internal.assertion".
[[noreturn]] void fail_internal(std::string_view expression, const char* file, int line);

#define INGOT_CHECK(condition)                                                \
  do {                                                                        \
    if (!(condition)) ::ingot::fail_internal(#condition, __FILE__, __LINE__); \
  } while (false)

/// Collects problems, to report all of them in one run.
class Problems {
 public:
  void add(Problem problem) { problems_.push_back(std::move(problem)); }
  void add(const std::vector<Problem>& problems);
  bool empty() const { return problems_.empty(); }
  const std::vector<Problem>& all() const { return problems_; }
  /// Throws them all; returns if there are none.
  void throw_if_any() const;

 private:
  std::vector<Problem> problems_;
};

/// Up to `limit` of `known` that look like `name` (edit distance), best first.
std::vector<std::string> nearest_names(std::string_view name, std::span<const std::string> known,
                                       size_t limit = 3);

/// `did you mean "a", "b"?`, or, with no near name, `known names: ...` (the first few).
std::string suggest(std::string_view name, std::span<const std::string> known);

}  // namespace ingot
