// Checks of axes, shared by shape rules and evaluations.
#include "ops/axes.h"

#include <algorithm>

#include "core/base/error.h"
#include "ops/shape_arithmetic.h"

namespace ingot {

std::vector<int> normalize_axes(const std::vector<int64_t>& axes, int rank, std::string_view op) {
  std::vector<int> result;
  for (const int64_t axis : axes) result.push_back(normalize_axis(axis, rank, op));
  std::vector<int> sorted = result;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    fail({"op.bad_axis", std::string(op) + ": an axis is given twice", "", "give each axis once"});
  }
  return result;
}

std::vector<int64_t> known_axes(const InferContext& node, int i) {
  if (auto axes = node.known_integers(i)) return *axes;
  node.fail("op.unknown_axes",
            "input " + std::to_string(i) + " (" +
                std::string(node.op().inputs[static_cast<size_t>(i)].name) +
                ") is computed at run time, which would leave the number of axes open",
            "make it a constant");
}

void require_one_of(const InferContext& node, std::string_view attribute,
                    std::initializer_list<std::string_view> allowed) {
  const std::string value = node.text(attribute);
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return;
  std::string names;
  for (const std::string_view name : allowed) {
    names += (names.empty() ? "\"" : ", \"") + std::string(name) + "\"";
  }
  node.fail("op.bad_attribute", std::string(attribute) + " is \"" + value + "\"",
            "use one of " + names);
}

}  // namespace ingot
