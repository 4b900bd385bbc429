// NumPy's .npz: a zip archive of .npy files, read by its directory at the end.
#include <fmt/core.h>

#include <cstring>

#include "compiler/samples/decoder.h"
#include "compiler/samples/npy.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/tensor/tensor.h"

namespace ingot {
namespace {

/// Little-endian numbers at any place of the file, which is refused where it ends too early.
class Bytes {
 public:
  Bytes(std::span<const std::byte> bytes, const std::string& path) : bytes_(bytes), path_(path) {}

  [[noreturn]] void refuse(std::string what) const {
    fail({"sample.bad_array", std::move(what), path_, "save the arrays anew with numpy.savez"});
  }
  std::span<const std::byte> part(uint64_t at, uint64_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at)
      refuse("the archive is cut off or damaged");
    return bytes_.subspan(static_cast<size_t>(at), static_cast<size_t>(size));
  }
  template <typename T>
  T number(uint64_t at) const {
    T value{};
    std::memcpy(&value, part(at, sizeof value).data(), sizeof value);
    return value;
  }
  uint64_t size() const { return bytes_.size(); }

 private:
  std::span<const std::byte> bytes_;
  const std::string& path_;
};

struct Directory {
  uint64_t at = 0, entries = 0;
};

Directory find_directory(const Bytes& file) {
  constexpr uint32_t kEnd = 0x06054b50, kLocator = 0x07064b50, kLongEnd = 0x06064b50;
  constexpr uint64_t kEndSize = 22, kLocatorSize = 20, kLongestComment = 65535;
  if (file.size() < kEndSize) file.refuse("it is no .npz file");
  const uint64_t last = file.size() - kEndSize;
  const uint64_t first = last > kLongestComment ? last - kLongestComment : 0;
  uint64_t end = last;
  while (file.number<uint32_t>(end) != kEnd) {
    if (end == first) file.refuse("it is no .npz file, or cut off");
    --end;
  }
  Directory directory{file.number<uint32_t>(end + 16), file.number<uint16_t>(end + 10)};
  const bool has_long =
      end >= kLocatorSize && file.number<uint32_t>(end - kLocatorSize) == kLocator;
  if (has_long) {
    const auto long_end = file.number<uint64_t>(end - kLocatorSize + 8);
    if (file.number<uint32_t>(long_end) != kLongEnd) file.refuse("the archive is damaged");
    directory = {file.number<uint64_t>(long_end + 48), file.number<uint64_t>(long_end + 32)};
  }
  return directory;
}

struct Entry {
  std::string name;
  uint16_t method = 0;
  uint64_t packed_size = 0, size = 0, header = 0;
};

/// Sizes and places that do not fit 32 bits stand in an extra field, in this order.
void read_long_sizes(const Bytes& file, uint64_t at, uint64_t length, Entry* entry) {
  constexpr uint16_t kLongSizes = 1;
  constexpr uint32_t kElsewhere = 0xFFFFFFFF;
  for (const uint64_t end = at + length; at + 4 <= end;) {
    const auto id = file.number<uint16_t>(at), size = file.number<uint16_t>(at + 2);
    at += 4;
    if (id == kLongSizes) {
      for (uint64_t* value : {&entry->size, &entry->packed_size, &entry->header}) {
        if (*value != kElsewhere) continue;
        *value = file.number<uint64_t>(at);
        at += 8;
      }
      return;
    }
    at += size;
  }
}

Entry read_entry(const Bytes& file, uint64_t at, uint64_t* next) {
  constexpr uint32_t kEntry = 0x02014b50;
  constexpr uint64_t kFixed = 46;
  if (file.number<uint32_t>(at) != kEntry) file.refuse("the archive's directory is damaged");
  Entry entry;
  entry.method = file.number<uint16_t>(at + 10);
  entry.packed_size = file.number<uint32_t>(at + 20);
  entry.size = file.number<uint32_t>(at + 24);
  entry.header = file.number<uint32_t>(at + 42);
  const auto name = file.number<uint16_t>(at + 28), extra = file.number<uint16_t>(at + 30),
             comment = file.number<uint16_t>(at + 32);
  const auto text = file.part(at + kFixed, name);
  entry.name.assign(reinterpret_cast<const char*>(text.data()), text.size());
  read_long_sizes(file, at + kFixed + name, extra, &entry);
  *next = at + kFixed + name + extra + comment;
  return entry;
}

Array read_array(const Bytes& file, const Entry& entry, const std::shared_ptr<const void>& owner,
                 const std::string& path) {
  constexpr uint16_t kStored = 0, kDeflated = 8;
  constexpr uint64_t kFixed = 30;
  const uint64_t begin = entry.header + kFixed + file.number<uint16_t>(entry.header + 26) +
                         file.number<uint16_t>(entry.header + 28);
  const auto packed = file.part(begin, entry.packed_size);
  if (entry.method == kStored) return parse_npy(packed, owner, path);
  // Deflate makes at most 1032 bytes of one: what claims more is damaged, and not worth the memory.
  constexpr uint64_t kMostRatio = 1032;
  if (entry.method != kDeflated || entry.size / kMostRatio > entry.packed_size) {
    file.refuse(fmt::format("\"{}\" is compressed in a way that NumPy does not use", entry.name));
  }
  const auto memory = allocate_aligned(static_cast<size_t>(entry.size));
  inflate(packed, memory.get(), static_cast<size_t>(entry.size), path);
  return parse_npy({static_cast<const std::byte*>(memory.get()), static_cast<size_t>(entry.size)},
                   memory, path);
}

}  // namespace

Arrays read_npz(const std::string& path) {
  const auto mapped = MappedFile::open(path);
  const Bytes file(mapped->bytes(), path);
  const Directory directory = find_directory(file);
  Arrays arrays;
  uint64_t at = directory.at;
  for (uint64_t i = 0; i < directory.entries; ++i) {
    uint64_t next = 0;
    Entry entry = read_entry(file, at, &next);
    at = next;
    const std::string where = path + ": " + entry.name;
    Array array = read_array(file, entry, mapped, where);
    if (entry.name.ends_with(".npy")) entry.name.resize(entry.name.size() - 4);
    arrays[entry.name] = std::move(array);
  }
  return arrays;
}

}  // namespace ingot
