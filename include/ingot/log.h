// The logger callback. A library must not choose its host's logger: install your own here.
#pragma once

#include <functional>
#include <string_view>

namespace ingot {

enum class Severity { kVerbose, kInfo, kWarning, kError };

/// Receives one line without a line end. May be called from several threads at a time.
using LogSink = std::function<void(Severity, std::string_view)>;

/// Replaces the sink of the process. The default writes warnings and errors to stderr.
/// An empty sink silences everything.
void set_log_sink(LogSink sink);

/// Lines below this severity are not made at all. Default kInfo.
void set_log_threshold(Severity lowest);

}  // namespace ingot
