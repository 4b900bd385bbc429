// Files: read-only mappings, and writes that leave either the old file or the new one, whole.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace ingot {

/// A file mapped read-only. Shared: tensors keep the mapping alive.
class MappedFile {
 public:
  /// Throws Error ("file.not_found", "file.unreadable", "file.is_directory", "file.empty").
  static std::shared_ptr<const MappedFile> open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }
  const std::string& path() const { return path_; }
  /// Takes the pages out of this process's resident memory; what is read again is mapped again.
  void release_pages() const;

 private:
  MappedFile(std::string path, std::span<const std::byte> bytes)
      : path_(std::move(path)), bytes_(bytes) {}
  std::string path_;
  std::span<const std::byte> bytes_;
};

/// Writes to a temporary file beside `path`, syncs, renames. On any failure the temporary file is
/// removed, an older `path` is untouched, and Error ("file.write_failed") names the reason.
/// A symbolic link stays and its target is replaced; a device ("/dev/null") is written to.
void write_file_atomically(const std::string& path, std::span<const std::byte> content);
void write_file_atomically(const std::string& path, std::string_view content);

/// Holds an exclusive advisory lock on `path` + ".lock" while `work` runs (used by caches).
void with_file_lock(const std::string& path, const std::function<void()>& work);

/// Whole content as text; throws like MappedFile::open.
std::string read_text_file(const std::string& path);

}  // namespace ingot
