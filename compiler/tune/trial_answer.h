// The lines by which a process that tries steps answers.
#pragma once

#include <string_view>

namespace ingot {

inline constexpr std::string_view kTrialAnswer = "trial: ";
inline constexpr std::string_view kTrialReady = "ready";
inline constexpr std::string_view kTrialDone = "done";     ///< it ran, or failed in an orderly way
inline constexpr std::string_view kTrialFault = "fault ";  ///< the GPU's context is lost; why

}  // namespace ingot
