// Reading a plan: everything is verified before anything is used. A truncated, corrupted or
// hostile file gives an Error naming the section and offset; never a crash.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "core/plan/plan.h"

namespace ingot {

/// Constants stay where they are (views into `bytes`). Throws Error: "plan.not_a_plan",
/// "plan.truncated", "plan.checksum", "plan.newer_format", "plan.malformed".
Plan read_plan(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
               const std::string& where);

}  // namespace ingot
