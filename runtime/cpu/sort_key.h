// Floats with their positions as integers that sort the way TopK and NMS want: best first, of equal
// ones the lower position first.
#pragma once

#include <bit>
#include <cstdint>

namespace ingot {

/// Smaller keys are better. NaN counts as above every number; 0 and -0 are equal.
inline uint64_t sort_key(float value, uint32_t position, bool largest) {
  uint32_t rank = UINT32_MAX;
  if (value == value) {
    const auto bits = std::bit_cast<uint32_t>(value + 0.0F);
    rank = bits & 0x80000000U ? ~bits : bits | 0x80000000U;
  }
  if (largest) rank = ~rank;
  return static_cast<uint64_t>(rank) << 32 | position;
}

inline uint32_t position_of(uint64_t key) { return static_cast<uint32_t>(key); }

}  // namespace ingot
