// Runs of elements converted between any stored type and one to compute in (float, double or
// int64_t): lets an evaluation be written once instead of once per stored type.
#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor/tensor.h"

namespace ingot {

/// Elements that a loop converts at a time.
inline constexpr int64_t kBlock = 512;

/// Copies `count` elements of `from`, beginning at element `offset`, to `to`. Any dtype, 4-bit
/// types included. `Compute` is float, double or int64_t (floats are then truncated).
template <typename Compute>
void load_block(const TensorView& from, int64_t offset, Compute* to, int64_t count);

/// The way back. Integers wrap like a C++ cast; floats that go to an integer type are truncated.
template <typename Compute>
void store_block(const TensorView& to, int64_t offset, const Compute* from, int64_t count);

/// The way back where 8-bit integers are quantised numbers: i8 and u8 round half to even and saturate
/// (NaN becomes 0); other types as store_block.
void store_rounded(const TensorView& to, int64_t offset, const float* from, int64_t count);

/// A single element.
template <typename Compute>
Compute load_element(const TensorView& from, int64_t offset) {
  Compute value;
  load_block(from, offset, &value, 1);
  return value;
}

/// All elements.
template <typename Compute>
std::vector<Compute> load_all(const TensorView& from) {
  std::vector<Compute> values(static_cast<size_t>(from.elements()));
  load_block(from, 0, values.data(), from.elements());
  return values;
}

}  // namespace ingot
