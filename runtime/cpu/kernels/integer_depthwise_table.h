// Sums of a depthwise convolution of 8-bit integers, exact: pairs of taps are multiplied as 16-bit
// numbers and added in 32 bits.
#pragma once

#include <cstdint>

#include "runtime/cpu/isa.h"

namespace ingot {

/// Most taps of a window.
inline constexpr int kMostTaps = 128;

struct IntegerDepthwiseTable {
  int group;  ///< channels that a vector of weights is for
  /// sums[c] = start[c] + sum over taps of taps[t][c] * weight. Taps come in pairs: with an odd
  /// number the last one stands twice, the second time with weights of 0. Weights are
  /// [channel / group][pair][in half a group: channel][tap of the pair], start is readable in whole
  /// groups, and sums are writable so.
  void (*run_signed)(const int8_t* const* taps, int pairs, const int16_t* weights,
                     const int32_t* start, int64_t channels, int32_t* sums);
  void (*run_unsigned)(const uint8_t* const* taps, int pairs, const int16_t* weights,
                       const int32_t* start, int64_t channels, int32_t* sums);
  /// sums[c] += x[c]
  void (*add_signed)(const int8_t* x, int64_t channels, int32_t* sums);
  void (*add_unsigned)(const uint8_t* x, int64_t channels, int32_t* sums);
};

/// Where the weight of a channel within its group stands among the 2 * group numbers of a pair of
/// taps (that of the first tap; the second's follows): halves of four channels are interleaved as
/// the kernels unpack them.
int depthwise_weight_place(int channel, int group);

INGOT_KERNEL_TABLE(IntegerDepthwiseTable, integer_depthwise);

}  // namespace ingot
