// Elements that lie side by side, moved by one instruction of up to 16 bytes and seen as floats.
#pragma once

#include "kernels/common/types.cuh"

namespace ingot::kernels {

/// What moves `bytes` bytes (1, 2, 4, 8, 16) in one instruction.
template <int bytes>
struct RawVector;
template <>
struct RawVector<1> {
  using Type = unsigned char;
};
template <>
struct RawVector<2> {
  using Type = unsigned short;
};
template <>
struct RawVector<4> {
  using Type = unsigned;
};
template <>
struct RawVector<8> {
  using Type = uint2;
};
template <>
struct RawVector<16> {
  using Type = uint4;
};

/// Elements of T that fill 16 bytes.
template <typename T>
inline constexpr int kVectorOf = 16 / static_cast<int>(sizeof(T));

/// Two floats as 16-bit floats in one word, the first in the low half.
template <typename T>
__device__ inline unsigned pack_pair(float low, float high) {
  return static_cast<unsigned>(from_float<T>(low).bits) |
         static_cast<unsigned>(from_float<T>(high).bits) << 16;
}
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
template <>
__device__ inline unsigned pack_pair<half_t>(float low, float high) {
  unsigned pair;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
  return pair;
}
template <>
__device__ inline unsigned pack_pair<bfloat16_t>(float low, float high) {
  unsigned pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
  return pair;
}
#endif

/// And back. Of a pair, the hardware converts either half of the word without moving it first.
template <typename T>
__device__ inline void unpack_pair(unsigned pair, float* low, float* high) {
  *low = to_float(T{static_cast<unsigned short>(pair & 0xffffU)});
  *high = to_float(T{static_cast<unsigned short>(pair >> 16)});
}
#if defined(__CUDACC__)
template <>
__device__ inline void unpack_pair<half_t>(unsigned pair, float* low, float* high) {
  asm("{.reg .b16 a, b; mov.b32 {a, b}, %2; cvt.f32.f16 %0, a; cvt.f32.f16 %1, b;}"
      : "=f"(*low), "=f"(*high)
      : "r"(pair));
}
#endif

template <typename T>
inline constexpr bool kIsHalfFloat = false;
template <>
inline constexpr bool kIsHalfFloat<half_t> = true;
template <>
inline constexpr bool kIsHalfFloat<bfloat16_t> = true;

template <typename T>
inline constexpr bool kIsByte = false;
template <>
inline constexpr bool kIsByte<signed char> = true;
template <>
inline constexpr bool kIsByte<unsigned char> = true;

/// Four floats as bytes in one word, the first lowest: rounded and saturated as from_float does.
template <typename T>
__device__ inline unsigned pack_bytes(const float* from) {
  const unsigned low = __byte_perm(byte_from_float<T>(from[0]), byte_from_float<T>(from[1]), 0x40);
  const unsigned high = __byte_perm(byte_from_float<T>(from[2]), byte_from_float<T>(from[3]), 0x40);
  return __byte_perm(low, high, 0x5410);
}

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 890
template <>
__device__ inline unsigned pack_bytes<float8_t>(const float* from) {
  unsigned short low, high;
  asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(low) : "f"(from[1]), "f"(from[0]));
  asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(high) : "f"(from[3]), "f"(from[2]));
  return low | static_cast<unsigned>(high) << 16;
}
#else
template <>
__device__ inline unsigned pack_bytes<float8_t>(const float* from) {
  unsigned word = 0;
  for (int i = 0; i < 4; ++i) {
    word |= static_cast<unsigned>(from_float<float8_t>(from[i]).bits) << (8 * i);
  }
  return word;
}
#endif

/// And back: a byte below the exponent of 2^23 is a float that is too large by 2^23.
template <typename T>
__device__ inline void unpack_bytes(unsigned word, float* to) {
  constexpr bool kSigned = static_cast<T>(-1) < T(0);
  if constexpr (kSigned) word ^= 0x80808080U;
  constexpr float kOffset = kSigned ? 8388608.0F + 128.0F : 8388608.0F;
  to[0] = __uint_as_float(__byte_perm(word, 0x4b000000U, 0x7440)) - kOffset;
  to[1] = __uint_as_float(__byte_perm(word, 0x4b000000U, 0x7441)) - kOffset;
  to[2] = __uint_as_float(__byte_perm(word, 0x4b000000U, 0x7442)) - kOffset;
  to[3] = __uint_as_float(__byte_perm(word, 0x4b000000U, 0x7443)) - kOffset;
}

/// Elements of a vector, reached as elements or moved as a whole.
template <typename T, int count>
union Vector {
  static constexpr int kBytes = count * static_cast<int>(sizeof(T));
  static_assert(kBytes <= 16, "longer vectors are several of these");
  typename RawVector<kBytes>::Type raw;
  T elements[count];
  unsigned words[(kBytes + 3) / 4];
};

/// `count` elements from `from` on, without conversion. `from` is aligned to their size.
template <int count, typename T>
__device__ inline Vector<T, count> load_raw(const T* from) {
  Vector<T, count> vector;
  vector.raw = *reinterpret_cast<const decltype(vector.raw)*>(from);
  return vector;
}
template <int count, typename T>
__device__ inline void store_raw(const Vector<T, count>& vector, T* to) {
  *reinterpret_cast<decltype(vector.raw)*>(to) = vector.raw;
}

/// to[0..count) = the elements of a vector, as floats.
template <int count, typename T>
__device__ inline void unpack_vector(const Vector<T, count>& vector, float* to) {
  if constexpr (kIsHalfFloat<T> && count % 2 == 0) {
#pragma unroll
    for (int k = 0; k < count; k += 2) unpack_pair<T>(vector.words[k / 2], to + k, to + k + 1);
  } else if constexpr (kIsByte<T> && count % 4 == 0) {
#pragma unroll
    for (int k = 0; k < count; k += 4) unpack_bytes<T>(vector.words[k / 4], to + k);
  } else {
#pragma unroll
    for (int k = 0; k < count; ++k) to[k] = to_float(vector.elements[k]);
  }
}

/// to[0..count) = the elements from `from` on, as floats. count is a power of two; `from` is aligned
/// to count elements, or to 16 bytes if they are more.
template <int count, typename T>
__device__ inline void load_vector(const T* from, float* to) {
  constexpr int kStep = count < kVectorOf<T> ? count : kVectorOf<T>;
#pragma unroll
  for (int i = 0; i < count; i += kStep) {
    unpack_vector(load_raw<kStep>(from + i), to + i);
  }
}

/// The elements from `to` on = from[0..count), rounded to T. Alignment as above.
template <int count, typename T>
__device__ inline void store_vector(const float* from, T* to) {
  constexpr int kStep = count < kVectorOf<T> ? count : kVectorOf<T>;
#pragma unroll
  for (int i = 0; i < count; i += kStep) {
    Vector<T, kStep> vector;
    if constexpr (kIsHalfFloat<T> && kStep % 2 == 0) {
#pragma unroll
      for (int k = 0; k < kStep; k += 2) {
        vector.words[k / 2] = pack_pair<T>(from[i + k], from[i + k + 1]);
      }
    } else if constexpr ((kIsByte<T> || kSame<T, float8_t>) && kStep % 4 == 0) {
#pragma unroll
      for (int k = 0; k < kStep; k += 4) vector.words[k / 4] = pack_bytes<T>(from + i + k);
    } else {
#pragma unroll
      for (int k = 0; k < kStep; ++k) vector.elements[k] = from_float<T>(from[i + k]);
    }
    store_raw<kStep>(vector, to + i);
  }
}

/// True if `count` elements at `data` can be moved by the widest instructions that they fill.
template <int count, typename T>
__device__ inline bool is_vector_aligned(const T* data) {
  constexpr int kBytes = count * static_cast<int>(sizeof(T));
  return reinterpret_cast<unsigned long long>(data) % (kBytes < 16 ? kBytes : 16) == 0;
}

/// As load_vector, one by one where `data` is not aligned.
template <int count, typename T>
__device__ inline void load_elements(const T* data, float* to) {
  if (is_vector_aligned<count>(data)) return load_vector<count>(data, to);
#pragma unroll
  for (int i = 0; i < count; ++i) to[i] = to_float(data[i]);
}

/// As store_vector, one by one where `to` is not aligned.
template <int count, typename T>
__device__ inline void store_elements(const float* from, T* to) {
  if (is_vector_aligned<count>(to)) return store_vector<count>(from, to);
#pragma unroll
  for (int i = 0; i < count; ++i) to[i] = from_float<T>(from[i]);
}

}  // namespace ingot::kernels
