// What small kernels are told, whose threads each make one element.
#pragma once

#include "kernels/params/divisor.h"

namespace ingot::kernels {

inline constexpr int kGenerateThreads = 256;

struct OneHotParams {
  const void* indices;
  const void* values;  ///< two elements: elsewhere, at the index
  void* y;             ///< [outer, depth, inner]
  Divisor depth, inner;
  unsigned elements;
};

struct DiagonalParams {
  const void* x;  ///< null: ones
  void* y;        ///< [matrices, rows, columns]
  Divisor rows, columns;
  unsigned elements;
  int k;            ///< the diagonal: column - row
  int keep;         ///< -1: on and below it, 0: on it, 1: on and above it; zeros elsewhere
  unsigned one[2];  ///< bits of an element
};

struct RangeParams {
  const void* start;
  const void* delta;
  void* y;
  unsigned elements;
};

struct LrnParams {
  const void* x;
  void* y;
  Divisor channels, inner;  ///< and what lies behind them in memory
  unsigned elements;
  int before, after;  ///< channels on each side
  float alpha, beta, bias;
};

struct ReverseSequenceParams {
  const void* x;
  const long long* lengths;
  void* y;  ///< [first, second, inner], as x
  Divisor second, inner;
  unsigned elements;
  int times;  ///< size of the time axis
  int time_is_first;
};

}  // namespace ingot::kernels
