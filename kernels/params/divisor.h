// Division of 32-bit numbers by one that is known when a step is prepared: a multiplication and a
// shift in the kernel (kernels/common/divide.cuh).
#pragma once

namespace ingot::kernels {

/// Divides numbers below 2^31.
struct Divisor {
  unsigned divisor;
  unsigned multiplier;
  unsigned shift;
};

/// `divisor` is from 1 to 2^31 - 1.
inline Divisor make_divisor(unsigned divisor) {
  unsigned shift = 0;
  while (shift < 31 && (1U << shift) < divisor) ++shift;
  const unsigned long long excess = (1ULL << shift) - divisor;
  return {divisor, static_cast<unsigned>((excess << 32) / divisor + 1), shift};
}

}  // namespace ingot::kernels
