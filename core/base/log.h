// Log lines of the library, formatted with fmt and sent to the sink of include/ingot/log.h.
#pragma once

#include <fmt/core.h>

#include "ingot/log.h"

namespace ingot {

bool log_enabled(Severity severity) noexcept;
void log_line(Severity severity, std::string_view line);

template <typename... Args>
void log(Severity severity, fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(severity)) log_line(severity, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void log_verbose(fmt::format_string<Args...> format, Args&&... args) {
  log(Severity::kVerbose, format, std::forward<Args>(args)...);
}
template <typename... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log(Severity::kInfo, format, std::forward<Args>(args)...);
}
template <typename... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log(Severity::kWarning, format, std::forward<Args>(args)...);
}

}  // namespace ingot
