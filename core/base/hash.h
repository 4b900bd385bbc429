// XXH3 hashes: 64 bits for checksums, 128 bits for keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ingot {

uint64_t hash64(std::span<const std::byte> bytes) noexcept;

/// 32 hexadecimal digits.
std::string hash128_hex(std::span<const std::byte> bytes);
std::string hash128_hex(std::string_view text);

}  // namespace ingot
