// What trtexec prints: see the header.
#include "apps/common/console.h"

#include <fmt/core.h>

#include <cstdio>
#include <ctime>
#include <mutex>
#include <string>

namespace ingot::apps {

void print_line(Severity severity, std::string_view text) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  constexpr char kLetters[] = {'V', 'I', 'W', 'E'};
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%m/%d/%Y-%H:%M:%S", &local);
  std::FILE* stream = severity >= Severity::kWarning ? stderr : stdout;
  const std::string line = fmt::format("[{}] [{}] {}\n", stamp,
                                       kLetters[static_cast<int>(severity)], text);
  std::fwrite(line.data(), 1, line.size(), stream);
  std::fflush(stream);
}

void send_library_log_to_console(bool verbose) {
  set_log_sink([](Severity severity, std::string_view line) {
    print_line(severity, fmt::format("[Ingot] {}", line));
  });
  set_log_threshold(verbose ? Severity::kVerbose : Severity::kInfo);
}

void print_problem(Severity severity, const Problem& problem) {
  std::string text = fmt::format("{} [{}]", problem.what, problem.id);
  if (!problem.where.empty()) text += "; where: " + problem.where;
  if (!problem.fix.empty()) text += "; fix: " + problem.fix;
  print_line(severity, text);
}

}  // namespace ingot::apps
