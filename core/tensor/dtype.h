// Element types: which family each belongs to, and the C++ type that stores it.
#pragma once

#include <cstdint>

#include "core/tensor/half.h"
#include "ingot/types.h"

namespace ingot {

bool is_float(DType dtype);    ///< f32, f16, bf16, f64, f8*
bool is_integer(DType dtype);  ///< i4 to u64, not bool
bool is_signed_integer(DType dtype);

/// Bytes of one element; 4-bit types give 0 (use dense_bytes).
size_t dtype_bytes(DType dtype);

template <typename T>
inline constexpr DType kDTypeOf = DType::kUndefined;
template <> inline constexpr DType kDTypeOf<float> = DType::kF32;
template <> inline constexpr DType kDTypeOf<Half> = DType::kF16;
template <> inline constexpr DType kDTypeOf<BFloat16> = DType::kBF16;
template <> inline constexpr DType kDTypeOf<double> = DType::kF64;
template <> inline constexpr DType kDTypeOf<Float8E4M3> = DType::kF8E4M3;
template <> inline constexpr DType kDTypeOf<Float8E5M2> = DType::kF8E5M2;
template <> inline constexpr DType kDTypeOf<int8_t> = DType::kI8;
template <> inline constexpr DType kDTypeOf<uint8_t> = DType::kU8;
template <> inline constexpr DType kDTypeOf<int16_t> = DType::kI16;
template <> inline constexpr DType kDTypeOf<uint16_t> = DType::kU16;
template <> inline constexpr DType kDTypeOf<int32_t> = DType::kI32;
template <> inline constexpr DType kDTypeOf<uint32_t> = DType::kU32;
template <> inline constexpr DType kDTypeOf<int64_t> = DType::kI64;
template <> inline constexpr DType kDTypeOf<uint64_t> = DType::kU64;
template <> inline constexpr DType kDTypeOf<bool> = DType::kBool;

}  // namespace ingot
