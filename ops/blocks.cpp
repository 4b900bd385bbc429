// Conversion of runs of elements: one loop for each stored type and each type to compute in.
#include "ops/blocks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "core/base/error.h"

namespace ingot {
namespace {

/// A cast that is defined for every value: floats outside the integer's range become its nearest
/// end, NaN becomes 0.
template <typename To, typename From>
To convert(From value) {
  if constexpr (std::is_same_v<To, bool>) {
    return value != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    constexpr auto low = std::numeric_limits<int64_t>::min();
    constexpr auto high = std::numeric_limits<int64_t>::max();
    if (value != value) return 0;
    if constexpr (std::is_same_v<To, uint64_t>) {
      if (value >= static_cast<From>(high)) {
        return value >= static_cast<From>(18446744073709551615.0) ? ~uint64_t{0}
                                                                  : static_cast<uint64_t>(value);
      }
    }
    if (value <= static_cast<From>(low)) return static_cast<To>(low);
    if (value >= static_cast<From>(high)) return static_cast<To>(high);
    return static_cast<To>(static_cast<int64_t>(value));
  } else if constexpr (std::is_class_v<To>) {
    return To(static_cast<float>(value));
  } else {
    return static_cast<To>(value);
  }
}

template <typename Stored>
struct Widened {
  using Type = std::conditional_t<std::is_class_v<Stored>, float, Stored>;
};

template <typename Stored, typename Compute>
void load(const TensorView& from, int64_t offset, Compute* to, int64_t count) {
  const auto* x = static_cast<const Stored*>(from.data) + offset;
  for (int64_t i = 0; i < count; ++i) {
    to[i] = convert<Compute>(static_cast<typename Widened<Stored>::Type>(x[i]));
  }
}

template <typename Stored, typename Compute>
void store(const TensorView& to, int64_t offset, const Compute* from, int64_t count) {
  auto* y = static_cast<Stored*>(to.data) + offset;
  for (int64_t i = 0; i < count; ++i) y[i] = convert<Stored>(from[i]);
}

template <typename Compute>
void load_nibbles(const TensorView& from, int64_t offset, Compute* to, int64_t count) {
  const auto* x = static_cast<const uint8_t*>(from.data);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t at = offset + i;
    const int bits = (x[at / 2] >> (at % 2 * 4)) & 15;
    to[i] = static_cast<Compute>(from.dtype == DType::kI4 && bits > 7 ? bits - 16 : bits);
  }
}

template <typename Compute>
void store_nibbles(const TensorView& to, int64_t offset, const Compute* from, int64_t count) {
  auto* y = static_cast<uint8_t*>(to.data);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t at = offset + i;
    const int shift = static_cast<int>(at % 2 * 4);
    const int bits = static_cast<int>(convert<int64_t>(from[i])) & 15;
    y[at / 2] = static_cast<uint8_t>((y[at / 2] & ~(15 << shift)) | (bits << shift));
  }
}

template <typename Stored>
void store_saturated(const TensorView& to, int64_t offset, const float* from, int64_t count) {
  using Limits = std::numeric_limits<Stored>;
  auto* y = static_cast<Stored*>(to.data) + offset;
  for (int64_t i = 0; i < count; ++i) {
    const float value = from[i] == from[i] ? from[i] : 0;
    const float inside = std::clamp<float>(value, Limits::min(), Limits::max());
    y[i] = static_cast<Stored>(std::nearbyint(inside));
  }
}

[[noreturn]] void no_elements(DType dtype) {
  fail({"op.bad_type", "a tensor of type " + std::string(dtype_name(dtype)) + " has no elements",
        "", "give the tensor an element type"});
}

}  // namespace

// clang-format off: it never comes to rest on a list of this form
#define INGOT_FOR_STORED_TYPES(CASE)                                                     \
  CASE(kF32, float) CASE(kF16, Half) CASE(kBF16, BFloat16) CASE(kF64, double)            \
  CASE(kF8E4M3, Float8E4M3) CASE(kF8E5M2, Float8E5M2) CASE(kI8, int8_t) CASE(kU8, uint8_t) \
  CASE(kI16, int16_t) CASE(kU16, uint16_t) CASE(kI32, int32_t) CASE(kU32, uint32_t)      \
  CASE(kI64, int64_t) CASE(kU64, uint64_t) CASE(kBool, bool)
// clang-format on

template <typename Compute>
void load_block(const TensorView& from, int64_t offset, Compute* to, int64_t count) {
  switch (from.dtype) {
#define CASE(dtype, Type) \
  case DType::dtype:      \
    return load<Type>(from, offset, to, count);
    INGOT_FOR_STORED_TYPES(CASE)
#undef CASE
    case DType::kI4:
    case DType::kU4:
      return load_nibbles(from, offset, to, count);
    case DType::kUndefined:
      break;
  }
  no_elements(from.dtype);
}

template <typename Compute>
void store_block(const TensorView& to, int64_t offset, const Compute* from, int64_t count) {
  switch (to.dtype) {
#define CASE(dtype, Type) \
  case DType::dtype:      \
    return store<Type>(to, offset, from, count);
    INGOT_FOR_STORED_TYPES(CASE)
#undef CASE
    case DType::kI4:
    case DType::kU4:
      return store_nibbles(to, offset, from, count);
    case DType::kUndefined:
      break;
  }
  no_elements(to.dtype);
}

void store_rounded(const TensorView& to, int64_t offset, const float* from, int64_t count) {
  if (to.dtype == DType::kI8) return store_saturated<int8_t>(to, offset, from, count);
  if (to.dtype == DType::kU8) return store_saturated<uint8_t>(to, offset, from, count);
  store_block(to, offset, from, count);
}

template void load_block(const TensorView&, int64_t, float*, int64_t);
template void load_block(const TensorView&, int64_t, double*, int64_t);
template void load_block(const TensorView&, int64_t, int64_t*, int64_t);
template void store_block(const TensorView&, int64_t, const float*, int64_t);
template void store_block(const TensorView&, int64_t, const double*, int64_t);
template void store_block(const TensorView&, int64_t, const int64_t*, int64_t);

}  // namespace ingot
