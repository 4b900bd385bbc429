// What the programs say: see the header.
#include "apps/common/console.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <mutex>

namespace ingot::apps {
namespace {

struct Console {
  std::mutex mutex;
  LineStyle style = LineStyle::kStamped;
  Severity lowest = Severity::kInfo;
  std::string status;

  void erase_status() const {
    if (!status.empty()) write(stderr, "\r\x1b[K");
  }
  void show_status() const {
    if (!status.empty()) write(stderr, status);
  }
  static void write(std::FILE* stream, std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stream);
    std::fflush(stream);
  }
};

Console& console() {
  static Console instance;
  return instance;
}

std::string stamp(Severity severity) {
  constexpr char kLetters[] = {'V', 'I', 'W', 'E'};
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[32];
  std::strftime(text, sizeof text, "%m/%d/%Y-%H:%M:%S", &local);
  return fmt::format("[{}] [{}] ", text, kLetters[static_cast<int>(severity)]);
}

std::string_view plain_prefix(Severity severity, std::string_view text) {
  if (severity == Severity::kWarning) return "warning: ";
  const bool says_so = text.starts_with("error");
  return severity == Severity::kError && !says_so ? "error: " : "";
}

size_t terminal_width() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

void set_line_style(LineStyle style) { console().style = style; }

void print_line(Severity severity, std::string_view text) {
  Console& out = console();
  if (severity < out.lowest) return;
  const std::lock_guard lock(out.mutex);
  std::string line = out.style == LineStyle::kStamped ? stamp(severity)
                                                      : std::string(plain_prefix(severity, text));
  line += text;
  line += '\n';
  out.erase_status();
  Console::write(severity >= Severity::kWarning ? stderr : stdout, line);
  out.show_status();
}

void show_lines(Severity lowest, Severity lowest_of_library) {
  console().lowest = lowest;
  set_log_sink([](Severity severity, std::string_view line) {
    print_line(severity, fmt::format("[Ingot] {}", line));
  });
  set_log_threshold(lowest_of_library);
}

void print_warning(const Problem& problem) {
  std::string text = fmt::format("{} [{}]", problem.what, problem.id);
  if (!problem.where.empty()) text += "; where: " + problem.where;
  if (!problem.fix.empty()) text += "; fix: " + problem.fix;
  warning(text);
}

void print_text(std::string_view text) { Console::write(stdout, text); }

bool has_terminal() {
  static const bool terminal = isatty(STDERR_FILENO) != 0;
  return terminal;
}

void set_status_line(const std::string& text) {
  if (!has_terminal()) return;
  Console& out = console();
  const std::lock_guard lock(out.mutex);
  if (text == out.status) return;
  out.erase_status();
  out.status = text.substr(0, terminal_width() - 1);
  out.show_status();
}

}  // namespace ingot::apps
