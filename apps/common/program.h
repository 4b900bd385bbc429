// The frame of every program: whatever goes wrong becomes text and exit code 1, never a crash.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "ingot/error.h"

namespace ingot::apps {

/// Runs `work` and prints what it throws: every problem in its three-line form. Running out of
/// memory is reported with sizes.
/// @return whether nothing was thrown
bool run_guarded(const std::function<void()>& work);

/// Says what the program is at, for the report when memory runs out: "building the engine".
void set_activity(std::string_view activity);

/// "2.5 GiB", "640 KiB".
std::string bytes_text(double bytes);

}  // namespace ingot::apps
