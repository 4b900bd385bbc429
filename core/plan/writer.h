// Writing a plan: the same plan gives the same bytes.
#pragma once

#include <cstddef>
#include <vector>

#include "core/plan/plan.h"

namespace ingot {

std::vector<std::byte> write_plan(const Plan& plan);

/// The plan as text, for dumps, diffs and tests (weights as hashes).
std::string dump_plan(const Plan& plan);

}  // namespace ingot
