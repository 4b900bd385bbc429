// Looking operators up by name. The table itself is generated from the files of this folder.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ops/op_def.h"

namespace ingot {

/// All operators, sorted by file name (generated).
std::span<const OpDef* const> all_op_definitions();

/// The operator of that name, or null. Names are unique over all domains.
const OpDef* find_op(std::string_view name);

/// Like find_op, but throws Error ("op.unknown") with the nearest names.
const OpDef& op_named(std::string_view name);

std::vector<std::string> op_names();

/// docs/ops.md, generated.
std::string operators_markdown();

}  // namespace ingot
