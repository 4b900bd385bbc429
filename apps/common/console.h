// What trtexec prints: lines with time and severity; information to stdout, trouble to stderr.
#pragma once

#include <string_view>

#include "ingot/error.h"
#include "ingot/log.h"

namespace ingot::apps {

/// "[11/24/2026-08:00:00] [I] text"; I and V go to stdout, W and E to stderr.
void print_line(Severity severity, std::string_view text);
inline void info(std::string_view text) { print_line(Severity::kInfo, text); }
inline void warning(std::string_view text) { print_line(Severity::kWarning, text); }
inline void error(std::string_view text) { print_line(Severity::kError, text); }

/// Lines of the library come out in the same form, with [Ingot] before them.
void send_library_log_to_console(bool verbose);

/// A problem that does not stop the work.
void print_problem(Severity severity, const Problem& problem);

}  // namespace ingot::apps
