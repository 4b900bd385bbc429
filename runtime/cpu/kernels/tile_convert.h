// Moves between a tile of floats and a block of a tensor of any type that a float can hold.
#pragma once

#include "runtime/cpu/kernels/pointwise_table.h"
#include "runtime/cpu/simd_bytes.h"

namespace ingot::INGOT_ISA_NAMESPACE {
namespace {

/// Storage types, and how one element and one vector of each is read and written.
struct AsF32 {
  using Element = float;
  static INGOT_INLINE float get(float x) { return x; }
  static INGOT_INLINE float put(float x) { return x; }
  static INGOT_INLINE VecF load(const float* p) { return INGOT_ISA_NAMESPACE::load(p); }
  static INGOT_INLINE void store(float* p, VecF x) { INGOT_ISA_NAMESPACE::store(p, x); }
};

struct AsF16 {
  using Element = uint16_t;
  static INGOT_INLINE VecF load(const uint16_t* p) { return load_f16(p); }
  static INGOT_INLINE void store(uint16_t* p, VecF x) { store_f16(p, x); }
  static INGOT_INLINE float get(uint16_t x) {
    _Float16 half;
    __builtin_memcpy(&half, &x, 2);
    return static_cast<float>(half);
  }
  static INGOT_INLINE uint16_t put(float x) {
    const auto half = static_cast<_Float16>(x);
    uint16_t bits;
    __builtin_memcpy(&bits, &half, 2);
    return bits;
  }
};

struct AsBF16 {
  using Element = uint16_t;
  static INGOT_INLINE VecF load(const uint16_t* p) { return load_bf16(p); }
  static INGOT_INLINE void store(uint16_t* p, VecF x) { store_bf16(p, x); }
  static INGOT_INLINE float get(uint16_t x) {
    const uint32_t bits = static_cast<uint32_t>(x) << 16;
    float value;
    __builtin_memcpy(&value, &bits, 4);
    return value;
  }
  static INGOT_INLINE uint16_t put(float x) {
    uint16_t bits[kLanes];
    store_bf16(bits, splat(x));
    return bits[0];
  }
};

/// Integers, and bools as bytes of 0 and 1.
template <typename T>
struct AsInteger {
  using Element = T;
  typedef T VecT
      __attribute__((vector_size(sizeof(T) * INGOT_LANES), aligned(sizeof(T)), may_alias));
  static INGOT_INLINE VecF load(const T* p) {
    return __builtin_convertvector(*reinterpret_cast<const VecT*>(p), VecF);
  }
  static INGOT_INLINE void store(T* p, VecF x) {
    for (int i = 0; i < kLanes; ++i) p[i] = put(x[i]);
  }
  static INGOT_INLINE float get(T x) { return static_cast<float>(x); }
  static INGOT_INLINE T put(float x) { return static_cast<T>(x); }
};

struct AsBool : AsInteger<uint8_t> {
  static INGOT_INLINE void store(uint8_t* p, VecF x) {
    for (int i = 0; i < kLanes; ++i) p[i] = put(x[i]);
  }
  static INGOT_INLINE uint8_t put(float x) { return x != 0; }
};

/// 8-bit integers: stored values round halves to even and saturate.
template <typename T>
struct AsByte {
  using Element = T;
  static INGOT_INLINE VecF load(const T* p) { return to_float(load_as_int(p)); }
  static INGOT_INLINE void store(T* p, VecF x) { store_rounded(p, x); }
  static INGOT_INLINE void store_four(T* p, const float* x) {
    store_rounded(p, INGOT_ISA_NAMESPACE::load(x), INGOT_ISA_NAMESPACE::load(x + kLanes),
                  INGOT_ISA_NAMESPACE::load(x + 2 * kLanes),
                  INGOT_ISA_NAMESPACE::load(x + 3 * kLanes));
  }
  static INGOT_INLINE float get(T x) { return static_cast<float>(x); }
  static INGOT_INLINE T put(float x) {
    T bytes[kLanes];
    store_rounded(bytes, splat(x));
    return bytes[0];
  }
};

template <typename As>
void load_block(const void* source, const TileBlock& block, float* tile, int64_t tile_stride) {
  const auto* from = static_cast<const typename As::Element*>(source);
  for (int64_t row = 0; row < block.rows; ++row) {
    const auto* p = from + row * block.row_stride;
    float* y = tile + row * tile_stride;
    int64_t i = 0;
    if (block.column_stride == 1) {
      for (; i + kLanes <= block.columns; i += kLanes) store(y + i, As::load(p + i));
      for (; i < block.columns; ++i) y[i] = As::get(p[i]);
    } else if (block.column_stride == 0) {
      const VecF x = splat(As::get(*p));
      for (; i + kLanes <= block.columns; i += kLanes) store(y + i, x);
      for (; i < block.columns; ++i) y[i] = x[0];
    } else {
      for (; i < block.columns; ++i) y[i] = As::get(p[i * block.column_stride]);
    }
  }
}

template <typename As>
void store_block(const float* tile, int64_t tile_stride, const TileBlock& block, void* target) {
  auto* to = static_cast<typename As::Element*>(target);
  for (int64_t row = 0; row < block.rows; ++row) {
    auto* p = to + row * block.row_stride;
    const float* x = tile + row * tile_stride;
    int64_t i = 0;
    if (block.column_stride == 1) {
      if constexpr (requires { &As::store_four; }) {
        for (; i + 4 * kLanes <= block.columns; i += 4 * kLanes) As::store_four(p + i, x + i);
      }
      for (; i + kLanes <= block.columns; i += kLanes) As::store(p + i, load(x + i));
    }
    for (; i < block.columns; ++i) p[i * block.column_stride] = As::put(x[i]);
  }
}

void load_tile(DType dtype, const void* from, const TileBlock& block, float* tile,
               int64_t tile_stride) {
  switch (dtype) {
    case DType::kF16:
      return load_block<AsF16>(from, block, tile, tile_stride);
    case DType::kBF16:
      return load_block<AsBF16>(from, block, tile, tile_stride);
    case DType::kI8:
      return load_block<AsByte<int8_t>>(from, block, tile, tile_stride);
    case DType::kU8:
      return load_block<AsByte<uint8_t>>(from, block, tile, tile_stride);
    case DType::kBool:
      return load_block<AsBool>(from, block, tile, tile_stride);
    case DType::kI32:
      return load_block<AsInteger<int32_t>>(from, block, tile, tile_stride);
    case DType::kI64:
      return load_block<AsInteger<int64_t>>(from, block, tile, tile_stride);
    default:
      return load_block<AsF32>(from, block, tile, tile_stride);
  }
}

void store_tile(DType dtype, const float* tile, int64_t tile_stride, const TileBlock& block,
                void* to) {
  switch (dtype) {
    case DType::kF16:
      return store_block<AsF16>(tile, tile_stride, block, to);
    case DType::kBF16:
      return store_block<AsBF16>(tile, tile_stride, block, to);
    case DType::kI8:
      return store_block<AsByte<int8_t>>(tile, tile_stride, block, to);
    case DType::kU8:
      return store_block<AsByte<uint8_t>>(tile, tile_stride, block, to);
    case DType::kBool:
      return store_block<AsBool>(tile, tile_stride, block, to);
    default:
      return store_block<AsF32>(tile, tile_stride, block, to);
  }
}

}  // namespace
}  // namespace ingot::INGOT_ISA_NAMESPACE
