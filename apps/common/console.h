// What the programs say: lines of a log, problems, and one line that shows the progress of a build.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "ingot/error.h"
#include "ingot/log.h"

namespace ingot::apps {

enum class LineStyle {
  kStamped,  ///< "[11/24/2026-08:00:00] [I] text", as trtexec has it; W and E go to stderr
  kPlain,    ///< "text" on stdout, "warning: text" on stderr
};

/// The style of the process; kStamped until it is set.
void set_line_style(LineStyle style);

/// Writes one line, or several with one stamp. Information (V and I) goes to stdout, trouble to
/// stderr.
void print_line(Severity severity, std::string_view text);
inline void info(std::string_view text) { print_line(Severity::kInfo, text); }
inline void warning(std::string_view text) { print_line(Severity::kWarning, text); }
inline void error(std::string_view text) { print_line(Severity::kError, text); }

/// Shows lines from these severities on. Lines of the library come out in the same form, with
/// [Ingot] before them. To be called before the first thread starts.
void show_lines(Severity lowest, Severity lowest_of_library);

/// A problem that does not stop the work, in one line.
void print_warning(const Problem& problem);

/// Writes text as it is to stdout: tables, documents.
void print_text(std::string_view text);

/// Whether stderr is a terminal, so that a line on it can be updated in place.
bool has_terminal();

/// Shows `text` on the last line of the terminal until it is replaced; empty removes it. Lines
/// printed meanwhile appear above it. Does nothing without a terminal.
void set_status_line(const std::string& text);

}  // namespace ingot::apps
