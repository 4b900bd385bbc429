// The timing cache: see the header.
#include "compiler/tune/timing_cache.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <charconv>

#include "core/base/file.h"
#include "core/base/log.h"

namespace ingot {
namespace {

constexpr size_t kKeyDigits = 32;
constexpr std::string_view kHeader = "# ingot timing cache 2";

bool exists(const std::string& path) {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 && info.st_size > 0;
}

std::optional<std::pair<std::string, TimingEntry>> parse_line(std::string_view line) {
  if (line.size() < kKeyDigits + 2 || line[kKeyDigits] != ' ') return std::nullopt;
  const std::string_view key = line.substr(0, kKeyDigits);
  if (key.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
  const std::string_view rest = line.substr(kKeyDigits + 1);
  TimingEntry entry;
  const char* const last = rest.data() + rest.size();
  const auto time = std::from_chars(rest.data(), last, entry.us);
  if (time.ec != std::errc() || time.ptr == last || *time.ptr != ' ') return std::nullopt;
  const auto [end, error] = std::from_chars(time.ptr + 1, last, entry.scratch_bytes);
  if (error != std::errc()) return std::nullopt;
  const auto used = static_cast<size_t>(end - rest.data());
  if (used < rest.size()) {
    if (rest[used] != ' ') return std::nullopt;
    entry.implementation = rest.substr(used + 1);
  }
  return std::pair(std::string(key), entry);
}

}  // namespace

void TimingCache::merge_text(const std::string& text, const std::string& path) {
  size_t begin = 0, dropped = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line(text.data() + begin, end - begin);
    begin = end + 1;
    if (line.empty() || line[0] == '#') continue;
    if (auto entry = parse_line(line)) {
      entries_.insert(std::move(*entry));  // what this build measured itself stays
    } else {
      ++dropped;
    }
  }
  if (dropped > 0) {
    log_warning("timing cache {}: {} malformed lines were dropped", path, dropped);
  }
}

void TimingCache::load(const std::string& path) {
  if (exists(path)) merge_text(read_text_file(path), path);
}

void TimingCache::save(const std::string& path) {
  if (!changed_) return;
  with_file_lock(path, [&] {
    load(path);
    std::string text = fmt::format("{}\n", kHeader);
    for (const auto& [key, entry] : entries_) {
      text += fmt::format("{} {:.3f} {} {}\n", key, entry.us, entry.scratch_bytes,
                          entry.implementation);
    }
    write_file_atomically(path, text);
  });
  changed_ = false;
}

std::optional<TimingEntry> TimingCache::find(const std::string& key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  return found->second;
}

void TimingCache::add(const std::string& key, TimingEntry entry) {
  // Line breaks in a reason would break the file's form.
  for (char& c : entry.implementation) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  entries_[key] = std::move(entry);
  changed_ = true;
}

}  // namespace ingot
