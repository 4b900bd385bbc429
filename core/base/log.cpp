// The sink of log lines and its threshold, one for the process.
#include "core/base/log.h"

#include <atomic>
#include <cstdio>
#include <memory>
#include <mutex>

namespace ingot {
namespace {

void write_to_stderr(Severity severity, std::string_view line) {
  if (severity < Severity::kWarning) return;
  const char* kind = severity == Severity::kError ? "error" : "warning";
  std::fprintf(stderr, "ingot: %s: %.*s\n", kind, static_cast<int>(line.size()), line.data());
}

std::atomic<Severity> threshold{Severity::kInfo};

std::mutex& sink_mutex() {
  static std::mutex mutex;
  return mutex;
}

std::shared_ptr<const LogSink>& sink_slot() {
  static auto sink = std::make_shared<const LogSink>(write_to_stderr);
  return sink;
}

/// A copy, so that a line runs outside the lock: a sink may log, or replace itself.
std::shared_ptr<const LogSink> current_sink() {
  const std::lock_guard lock(sink_mutex());
  return sink_slot();
}

}  // namespace

void set_log_sink(LogSink sink) {
  auto fresh = std::make_shared<const LogSink>(std::move(sink));
  const std::lock_guard lock(sink_mutex());
  sink_slot() = std::move(fresh);
}

void set_log_threshold(Severity lowest) { threshold.store(lowest, std::memory_order_relaxed); }

bool log_enabled(Severity severity) noexcept {
  return severity >= threshold.load(std::memory_order_relaxed);
}

void log_line(Severity severity, std::string_view line) {
  if (!log_enabled(severity)) return;
  const auto sink = current_sink();
  if (*sink) (*sink)(severity, line);
}

}  // namespace ingot
