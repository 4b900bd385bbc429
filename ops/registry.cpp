// Operators by name.
#include "ops/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "core/base/error.h"

namespace ingot {

const OpDef* find_op(std::string_view name) {
  static const auto table = [] {
    std::unordered_map<std::string_view, const OpDef*> ops;
    for (const OpDef* op : all_op_definitions()) {
      INGOT_CHECK(ops.emplace(op->name, op).second);  // two files define one operator
    }
    return ops;
  }();
  const auto found = table.find(name);
  return found == table.end() ? nullptr : found->second;
}

const OpDef& op_named(std::string_view name) {
  if (const OpDef* op = find_op(name)) return *op;
  fail({"op.unknown", fmt::format("there is no operator \"{}\"", name), "",
        suggest(name, op_names())});
}

std::vector<std::string> op_names() {
  std::vector<std::string> names;
  for (const OpDef* op : all_op_definitions()) names.emplace_back(op->name);
  std::ranges::sort(names);
  return names;
}

}  // namespace ingot
