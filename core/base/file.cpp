// Mappings, atomic replacement and locks on POSIX.
#include "core/base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "core/base/error.h"

namespace ingot {
namespace {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  /// Closes now; false if the file system reports a late write error.
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

[[noreturn]] void fail_to_read(const std::string& path, int error) {
  const std::string reason = std::strerror(error);
  if (error == ENOENT || error == ENOTDIR) {
    fail({"file.not_found", fmt::format("cannot open \"{}\": {}", path, reason), path,
          "check the path; it is relative to the current directory"});
  }
  fail({"file.unreadable", fmt::format("cannot read \"{}\": {}", path, reason), path,
        error == EACCES ? "give this user permission to read the file and its folders"
                        : "check the file system that holds the file"});
}

std::string advice_for_writing(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "free some space on that file system, or write to another one";
    case EACCES:
    case EPERM:
    case EROFS:
      return "choose a folder that this user may write to";
    case ENOENT:
    case ENOTDIR:
      return "create the folder first";
    case EISDIR:
      return "name a file, not a folder";
    default:
      return "check the file system that holds the folder";
  }
}

[[noreturn]] void fail_to_write(const std::string& path, const char* step, int error) {
  fail({"file.write_failed",
        fmt::format("cannot write \"{}\": {}: {}", path, step, std::strerror(error)), path,
        advice_for_writing(error)});
}

bool write_all(int fd, std::span<const std::byte> content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content = content.subspan(static_cast<size_t>(written));
  }
  return true;
}

/// Removes the temporary file unless it was renamed to its place.
struct TemporaryFile {
  std::string path;
  ~TemporaryFile() {
    if (!path.empty()) ::unlink(path.c_str());
  }
};

/// The file that a symbolic link leads to: replacing the link itself would leave that file behind.
std::string resolved(const std::string& path) {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) return path;
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  return real ? real.get() : path;
}

/// Devices and pipes ("/dev/null", "/dev/stdout") cannot be replaced: they are written to.
void write_to_special_file(const std::string& path, std::span<const std::byte> content) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0) fail_to_write(path, "open", errno);
  if (!write_all(file.get(), content)) fail_to_write(path, "write", errno);
}

void sync_folder_of(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // The content is safe already; some file systems cannot sync folders, which loses nothing but
  // the rename in a power cut.
  if (descriptor.get() >= 0) static_cast<void>(::fsync(descriptor.get()));
}

}  // namespace

void MappedFile::release_pages() const {
  // The mapping is read-only, so that no page of it can be lost.
  if (!bytes_.empty()) {
    ::madvise(const_cast<std::byte*>(bytes_.data()), bytes_.size(), MADV_DONTNEED);
  }
}

std::shared_ptr<const MappedFile> MappedFile::open(const std::string& path) {
  struct stat status;
  // Before open: opening a pipe would wait for its writer.
  if (::stat(path.c_str(), &status) != 0) fail_to_read(path, errno);
  if (S_ISDIR(status.st_mode)) {
    fail({"file.is_directory", fmt::format("\"{}\" is a directory", path), path,
          "name a file in it"});
  }
  if (!S_ISREG(status.st_mode)) {
    fail({"file.unreadable", fmt::format("\"{}\" is not a regular file", path), path,
          "copy its content to a file: it has to be mapped into memory"});
  }
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) fail_to_read(path, errno);
  const auto size = static_cast<size_t>(status.st_size);
  if (size == 0) {
    fail({"file.empty", fmt::format("\"{}\" is empty", path), path,
          "make the file again: its writer or a download was cut short"});
  }
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) fail_to_read(path, errno);
  return std::shared_ptr<const MappedFile>(
      new MappedFile(path, {static_cast<const std::byte*>(address), size}));
}

MappedFile::~MappedFile() { ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size()); }

void write_file_atomically(const std::string& requested, std::span<const std::byte> content) {
  const std::string path = resolved(requested);
  struct stat status;
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) fail_to_write(path, "replace", EISDIR);
  if (exists && !S_ISREG(status.st_mode)) return write_to_special_file(path, content);

  static std::atomic<unsigned> counter{0};
  const std::string temporary_path =
      fmt::format("{}.tmp.{}.{}", path, ::getpid(), counter.fetch_add(1));
  Descriptor file(::open(temporary_path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                         S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH));
  if (file.get() < 0) fail_to_write(path, "create a temporary file beside it", errno);
  TemporaryFile temporary{temporary_path};
  // A replaced file keeps its permissions.
  if (exists && ::fchmod(file.get(), status.st_mode & 07777) != 0) {
    fail_to_write(path, "set permissions", errno);
  }
  if (!write_all(file.get(), content)) fail_to_write(path, "write", errno);
  if (::fsync(file.get()) != 0) fail_to_write(path, "sync", errno);
  if (!file.close()) fail_to_write(path, "close", errno);
  if (::rename(temporary_path.c_str(), path.c_str()) != 0) fail_to_write(path, "rename", errno);
  temporary.path.clear();
  sync_folder_of(path);
}

void write_file_atomically(const std::string& path, std::string_view content) {
  write_file_atomically(path, std::as_bytes(std::span(content.data(), content.size())));
}

void with_file_lock(const std::string& path, const std::function<void()>& work) {
  const std::string lock_path = path + ".lock";
  const Descriptor file(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (file.get() < 0) {
    fail({"file.lock_failed",
          fmt::format("cannot open the lock \"{}\": {}", lock_path, std::strerror(errno)), path,
          advice_for_writing(errno)});
  }
  while (::flock(file.get(), LOCK_EX) != 0) {
    if (errno == EINTR) continue;
    fail({"file.lock_failed",
          fmt::format("cannot lock \"{}\": {}", lock_path, std::strerror(errno)), path,
          "put the file on a file system that has locks"});
  }
  work();  // closing the descriptor gives the lock back, also when this throws
}

std::string read_text_file(const std::string& path) {
  const auto file = MappedFile::open(path);
  return {reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()};
}

}  // namespace ingot
