// XXH3 through libxxhash, which picks the fastest code for the processor.
#include "core/base/hash.h"

#include <xxhash.h>

namespace ingot {

uint64_t hash64(std::span<const std::byte> bytes) noexcept {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::string hash128_hex(std::span<const std::byte> bytes) {
  XXH128_canonical_t canonical;  // big-endian: the text is the same on every machine
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * sizeof(canonical.digest));
  for (const unsigned char byte : canonical.digest) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string hash128_hex(std::string_view text) {
  return hash128_hex(std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace ingot
