// Bodies of the depthwise kernels for integers, compiled once per instruction set.
#pragma once

#include "runtime/cpu/kernels/integer_depthwise_table.h"
#include "runtime/cpu/simd_bytes.h"

namespace ingot::INGOT_ISA_NAMESPACE {
namespace {

/// Pairs (a, b) of four 16-bit numbers of each 128 bits: of the lower four, or of the upper four.
INGOT_INLINE VecW pairs_low(VecW a, VecW b) {
#if defined(__AVX512BW__)
  return reinterpret_cast<VecW>(
      _mm512_unpacklo_epi16(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#elif defined(__AVX2__)
  return reinterpret_cast<VecW>(
      _mm256_unpacklo_epi16(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
#else
  return VecW{a[0], b[0], a[1], b[1], a[2], b[2], a[3], b[3]};
#endif
}
INGOT_INLINE VecW pairs_high(VecW a, VecW b) {
#if defined(__AVX512BW__)
  return reinterpret_cast<VecW>(
      _mm512_unpackhi_epi16(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#elif defined(__AVX2__)
  return reinterpret_cast<VecW>(
      _mm256_unpackhi_epi16(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
#else
  return VecW{a[4], b[4], a[5], b[5], a[6], b[6], a[7], b[7]};
#endif
}

constexpr int kGroup = 2 * kLanes;

/// Four sums of each 128 bits of `low`, then four of `high`, and so on: the channels in their order.
INGOT_INLINE void store_in_order(int32_t* to, const int32_t* start, VecI low, VecI high) {
  typedef int32_t Four __attribute__((vector_size(16), aligned(4), may_alias));
  constexpr int kParts = kLanes / 4;
  Four parts[2][kParts];
  __builtin_memcpy(parts[0], &low, sizeof(low));
  __builtin_memcpy(parts[1], &high, sizeof(high));
#pragma GCC unroll 4
  for (int part = 0; part < kParts; ++part) {
    for (int half = 0; half < 2; ++half) {
      const int at = 8 * part + 4 * half;
      *reinterpret_cast<Four*>(to + at) =
          parts[half][part] + *reinterpret_cast<const Four*>(start + at);
    }
  }
}

template <typename T>
INGOT_INLINE void run_group(const T* const* taps, int64_t offset, int pairs, const int16_t* weights,
                            const int32_t* start, int32_t* sums) {
  VecI low{}, high{};
  for (int pair = 0; pair < pairs; ++pair) {
    const VecW a = widen(taps[2 * pair] + offset), b = widen(taps[2 * pair + 1] + offset);
    const auto* w = reinterpret_cast<const VecWUnaligned*>(weights + pair * 2 * kGroup);
    low += multiply_pairs(pairs_low(a, b), w[0]);
    high += multiply_pairs(pairs_high(a, b), w[1]);
  }
  store_in_order(sums, start, low, high);
}

template <typename T>
void run_pixel(const T* const* taps, int pairs, const int16_t* weights, const int32_t* start,
               int64_t channels, int32_t* sums) {
  const int64_t weights_step = int64_t{2} * kGroup * pairs;
  int64_t c = 0;
  for (; c + kGroup <= channels; c += kGroup, weights += weights_step) {
    run_group(taps, c, pairs, weights, start + c, sums + c);
  }
  if (c == channels) return;
  // The tensor may end behind the last channel.
  T padded[kMostTaps + 1][kGroup] = {};
  const T* rest[kMostTaps + 1];
  for (int tap = 0; tap < 2 * pairs; ++tap) {
    __builtin_memcpy(padded[tap], taps[tap] + c, static_cast<size_t>(channels - c));
    rest[tap] = padded[tap];
  }
  run_group(rest, 0, pairs, weights, start + c, sums + c);
}

template <typename T>
void add_pixel(const T* x, int64_t channels, int32_t* sums) {
  int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) {
    *reinterpret_cast<VecIUnaligned*>(sums + c) += load_as_int(x + c);
  }
  for (; c < channels; ++c) sums[c] += x[c];
}

}  // namespace

extern const IntegerDepthwiseTable integer_depthwise_table = {
    .group = kGroup,
    .run_signed = run_pixel<int8_t>,
    .run_unsigned = run_pixel<uint8_t>,
    .add_signed = add_pixel<int8_t>,
    .add_unsigned = add_pixel<uint8_t>,
};

}  // namespace ingot::INGOT_ISA_NAMESPACE
