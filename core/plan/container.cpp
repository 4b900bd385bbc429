// Bytes of the container, as docs/plan-format.md, sections 2 and 3, has them.
#include "core/plan/container.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <thread>

#include "core/base/cpu.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/plan/plan.h"
#include "ingot/engine.h"

static_assert(std::endian::native == std::endian::little, "plans are little-endian");

namespace ingot {
namespace {

// Offsets in the header (docs/plan-format.md, section 2).
constexpr size_t kFormatVersionAt = 8, kSectionCountAt = 12, kFileSizeAt = 16, kChecksumAt = 24;
constexpr size_t kIngotVersionAt = 32, kIngotVersionBytes = 32;
constexpr size_t kDeviceAt = 64, kDeviceBytes = kPlanHeaderBytes - kDeviceAt;
// Offsets in an entry of the section table (section 3).
constexpr size_t kNameBytes = 16, kOffsetAt = 16, kSizeAt = 24, kSectionChecksumAt = 32;
constexpr size_t kReservedAt = 40;

template <typename T>
T load(std::span<const std::byte> bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

template <typename T>
void store(std::span<std::byte> bytes, size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof(value));
}

// Text of a fixed field: up to the first zero byte.
std::string load_text(std::span<const std::byte> bytes, size_t at, size_t size) {
  const char* begin = reinterpret_cast<const char*>(bytes.data()) + at;
  return {begin, std::find(begin, begin + size, '\0')};
}

void store_text(std::span<std::byte> bytes, size_t at, size_t size, std::string_view text) {
  std::memcpy(bytes.data() + at, text.data(), std::min(text.size(), size - 1));
}

// Of header and section table, the checksum's own field counted as zero.
uint64_t header_checksum(std::span<const std::byte> header_and_table) {
  std::vector<std::byte> copy(header_and_table.begin(), header_and_table.end());
  store<uint64_t>(copy, kChecksumAt, 0);
  return hash64(copy);
}

size_t align_up(size_t value, size_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

std::string file_fix() { return "copy the file again, or build the plan anew"; }

void require_zeros(std::span<const std::byte> file, size_t begin, size_t end,
                   const std::string& where) {
  const auto* first = file.data() + begin;
  const auto* bad =
      std::find_if(first, file.data() + end, [](std::byte b) { return b != std::byte{0}; });
  if (bad == file.data() + end) return;
  fail({"plan.checksum", "the plan is damaged: padding between sections is not zero",
        fmt::format("{}, offset {}", where, bad - file.data()), file_fix()});
}

}  // namespace

const PlanSection* PlanContainer::find(std::string_view name) const {
  const auto found = std::find_if(sections.begin(), sections.end(),
                                  [&](const PlanSection& section) { return section.name == name; });
  return found == sections.end() ? nullptr : &*found;
}

uint64_t section_checksum(std::span<const std::byte> bytes) {
  const size_t chunks = (bytes.size() + kPlanChecksumChunk - 1) / kPlanChecksumChunk;
  std::vector<uint64_t> hashes(chunks);
  const auto hash_range = [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const size_t at = i * kPlanChecksumChunk;
      hashes[i] = hash64(bytes.subspan(at, std::min(kPlanChecksumChunk, bytes.size() - at)));
    }
  };
  // A thread is worth its start from about 8 MiB on, and memory is saturated by a few.
  const size_t threads =
      std::clamp<size_t>(chunks / 8, 1, static_cast<size_t>(std::min(cpu_info().cores, 4)));
  std::vector<std::jthread> helpers;
  for (size_t i = 1; i < threads; ++i) {
    helpers.emplace_back(hash_range, chunks * i / threads, chunks * (i + 1) / threads);
  }
  hash_range(0, chunks / threads);
  helpers.clear();
  return hash64(std::as_bytes(std::span(hashes)));
}

std::vector<std::byte> write_container(std::string_view ingot_version, std::string_view device,
                                       const std::vector<NewSection>& sections) {
  const size_t table_end = kPlanHeaderBytes + sections.size() * kPlanSectionEntryBytes;
  std::vector<size_t> offsets;
  size_t end = table_end;
  for (const NewSection& section : sections) {
    offsets.push_back(align_up(end, section.alignment));
    end = offsets.back() + section.size;
  }
  std::vector<std::byte> file(end);
  std::memcpy(file.data(), kPlanMagic.data(), kPlanMagic.size());
  store<uint32_t>(file, kFormatVersionAt, kPlanFormatVersion);
  store<uint32_t>(file, kSectionCountAt, static_cast<uint32_t>(sections.size()));
  store<uint64_t>(file, kFileSizeAt, end);
  store_text(file, kIngotVersionAt, kIngotVersionBytes, ingot_version);
  store_text(file, kDeviceAt, kDeviceBytes, device);

  for (size_t i = 0; i < sections.size(); ++i) {
    const NewSection& section = sections[i];
    const std::span<std::byte> content = std::span(file).subspan(offsets[i], section.size);
    for (const auto& [at, part] : section.parts) {
      INGOT_CHECK(at <= section.size && part.size() <= section.size - at);
      if (!part.empty()) std::memcpy(content.data() + at, part.data(), part.size());
    }
    const std::span<std::byte> entry = std::span(file).subspan(
        kPlanHeaderBytes + i * kPlanSectionEntryBytes, kPlanSectionEntryBytes);
    INGOT_CHECK(section.name.size() < kNameBytes);
    store_text(entry, 0, kNameBytes, section.name);
    store<uint64_t>(entry, kOffsetAt, offsets[i]);
    store<uint64_t>(entry, kSizeAt, section.size);
    store<uint64_t>(entry, kSectionChecksumAt, section_checksum(content));
  }
  store<uint64_t>(file, kChecksumAt, header_checksum(std::span(file).first(table_end)));
  return file;
}

PlanContainer read_container(std::span<const std::byte> file, const std::string& where) {
  const size_t magic_bytes = std::min(file.size(), kPlanMagic.size());
  if (file.empty() || std::memcmp(file.data(), kPlanMagic.data(), magic_bytes) != 0) {
    fail({"plan.not_a_plan", file.empty() ? "the file is empty" : "this is not a plan of Ingot's",
          where, "give the file that --saveEngine or `ingot build` wrote"});
  }
  const auto truncated = [&](size_t needed) {
    fail({"plan.truncated", fmt::format("the plan ends after {} bytes, of {}", file.size(), needed),
          where, file_fix()});
  };
  if (file.size() < kPlanHeaderBytes) truncated(kPlanHeaderBytes);
  PlanContainer container;
  container.ingot_version = load_text(file, kIngotVersionAt, kIngotVersionBytes);
  container.device = load_text(file, kDeviceAt, kDeviceBytes);

  // Before the checksum: a later format may compute that otherwise.
  const auto version = load<uint32_t>(file, kFormatVersionAt);
  if (version > kPlanFormatVersion) {
    fail({"plan.newer_format",
          fmt::format("the plan has format version {} (written by Ingot {}); this is Ingot {}, "
                      "which reads up to version {}",
                      version, container.ingot_version, ingot::version(), kPlanFormatVersion),
          where, "use the newer Ingot, or rebuild the plan with this one"});
  }
  const auto count = load<uint32_t>(file, kSectionCountAt);
  const auto malformed = [&](const std::string& what, size_t offset) {
    fail({"plan.malformed", what, fmt::format("{}, offset {}", where, offset), file_fix()});
  };
  if (version == 0) malformed("format version 0 does not exist", kFormatVersionAt);
  if (count > kPlanMaxSections) {
    malformed(fmt::format("{} sections; {} are the most", count, kPlanMaxSections),
              kSectionCountAt);
  }
  const size_t table_end = kPlanHeaderBytes + count * kPlanSectionEntryBytes;
  if (file.size() < table_end) truncated(table_end);
  if (load<uint64_t>(file, kChecksumAt) != header_checksum(file.first(table_end))) {
    fail({"plan.checksum", "the plan is damaged: the checksum of its header does not fit",
          fmt::format("{}, offset 0 to {}", where, table_end), file_fix()});
  }
  const auto size = load<uint64_t>(file, kFileSizeAt);
  if (file.size() < size) truncated(size);
  if (file.size() > size) {
    malformed(fmt::format("{} bytes follow the end of the plan", file.size() - size), size);
  }
  size_t end = table_end;
  for (uint32_t i = 0; i < count; ++i) {
    const size_t at = kPlanHeaderBytes + i * kPlanSectionEntryBytes;
    const auto entry = file.subspan(at, kPlanSectionEntryBytes);
    PlanSection section;
    section.name = load_text(entry, 0, kNameBytes);
    section.offset = load<uint64_t>(entry, kOffsetAt);
    section.checksum = load<uint64_t>(entry, kSectionChecksumAt);
    const auto section_size = load<uint64_t>(entry, kSizeAt);
    if (section.offset < end || section.offset > size || section_size > size - section.offset) {
      malformed(fmt::format("section \"{}\" (offset {}, {} bytes) overlaps what is before it, or "
                            "passes the end",
                            section.name, section.offset, section_size),
                at);
    }
    if (container.find(section.name)) {
      malformed(fmt::format("two sections have the name \"{}\"", section.name), at);
    }
    if (load<uint64_t>(entry, kReservedAt) != 0) malformed("a reserved field is not zero", at);
    require_zeros(file, end, section.offset, where);
    section.bytes = file.subspan(section.offset, section_size);
    end = section.offset + section_size;
    container.sections.push_back(std::move(section));
  }
  require_zeros(file, end, size, where);
  return container;
}

void check_section(const PlanSection& section, std::span<const std::byte> bytes,
                   const std::string& where) {
  if (section_checksum(bytes) == section.checksum) return;
  fail({"plan.checksum",
        fmt::format("the plan is damaged: the checksum of section \"{}\" does not fit",
                    section.name),
        fmt::format("{}, offset {} to {}", where, section.offset,
                    section.offset + section.bytes.size()),
        file_fix()});
}

}  // namespace ingot
