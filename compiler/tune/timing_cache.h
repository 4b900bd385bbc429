// The timing cache: times of candidates by key, in memory and in a text file that several builds
// may share. One line an entry: <32 hex digits> <microseconds> <scratch bytes>
// <implementation>.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace ingot {

struct TimingEntry {
  double us = 0;  ///< negative: the candidate cannot run; `implementation` says why
  std::string implementation;
  int64_t scratch_bytes = 0;
};

class TimingCache {
 public:
  /// Reads `path` if it is there; malformed lines are counted and dropped with one warning.
  void load(const std::string& path);
  /// Under the file's lock: reads what others wrote meanwhile, adds ours, replaces the file.
  void save(const std::string& path);

  std::optional<TimingEntry> find(const std::string& key) const;
  void add(const std::string& key, TimingEntry entry);
  size_t size() const { return entries_.size(); }

 private:
  void merge_text(const std::string& text, const std::string& path);
  std::map<std::string, TimingEntry> entries_;  // sorted: the file is the same for the same content
  bool changed_ = false;
};

}  // namespace ingot
