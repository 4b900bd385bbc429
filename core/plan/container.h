// The container of a plan file: a header, a table of sections, and the sections, each with its
// checksum. docs/plan-format.md, sections 2 and 3, specifies the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ingot {

inline constexpr std::string_view kPlanMagic = "INGOTPLN";
inline constexpr size_t kPlanHeaderBytes = 256;
inline constexpr size_t kPlanSectionEntryBytes = 48;
inline constexpr size_t kPlanMaxSections = 64;
inline constexpr size_t kPlanChecksumChunk = size_t{1} << 20;

/// A section to write: zeros, but for the parts.
struct NewSection {
  std::string name;       ///< at most 15 bytes
  size_t alignment = 64;  ///< of its first byte in the file
  size_t size = 0;
  std::vector<std::pair<size_t, std::span<const std::byte>>> parts;  ///< offset in it, bytes
};

/// A section of a file.
struct PlanSection {
  std::string name;
  size_t offset = 0;  ///< in the file
  std::span<const std::byte> bytes;
  uint64_t checksum = 0;
};

struct PlanContainer {
  std::string ingot_version, device;  ///< as the header has them, maybe cut short
  std::vector<PlanSection> sections;

  const PlanSection* find(std::string_view name) const;
};

/// XXH3-64 over the little-endian XXH3-64s of the chunks of 1 MiB. Large inputs use some threads.
uint64_t section_checksum(std::span<const std::byte> bytes);

std::vector<std::byte> write_container(std::string_view ingot_version, std::string_view device,
                                       const std::vector<NewSection>& sections);

/// Checks header, table, that sections lie in order without overlap, and that padding is zero; not
/// the sections' checksums. Throws Error as in reader.h.
PlanContainer read_container(std::span<const std::byte> file, const std::string& where);

/// Throws Error ("plan.checksum") unless `bytes` (the section, or a copy of it) has its checksum.
void check_section(const PlanSection& section, std::span<const std::byte> bytes,
                   const std::string& where);

}  // namespace ingot
