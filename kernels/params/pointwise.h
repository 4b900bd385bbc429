// What the kernels of pointwise expressions (kernels/ops/pointwise.cuh, pointwise_turn.cuh) are
// told: the axes that are left after collapsing, and how each operand lies along them.
#pragma once

#include "kernels/params/divisor.h"

namespace ingot::kernels {

inline constexpr int kPointwiseThreads = 256;
inline constexpr int kMaxPointwiseAxes = 8;
inline constexpr int kMaxPointwiseInputs = 24;
/// Elements of the tile through which pointwise_turn.cuh goes.
inline constexpr int kPointwiseTileLog2 = 11;

/// Elements that a thread of the vector entries does at a time: the narrowest operand's fill 16
/// bytes, up to 8; fewer where many inputs would fill the registers.
constexpr int pointwise_vector(int narrowest_bytes, int inputs) {
  const int vector = narrowest_bytes >= 2 ? 16 / narrowest_bytes : 8;
  const int limit = inputs <= 8 ? 8 : inputs <= 16 ? 4 : 2;
  return vector < limit ? vector : limit;
}

struct PointwiseOperand {
  const void* data;
  int strides[kMaxPointwiseAxes];  ///< in elements, the innermost axis of the output first
};

/// `operands`: the output, then the inputs of the expression.
template <int operands>
struct PointwiseParams {
  unsigned items;  ///< vectors (or elements) of all
  unsigned inner;  ///< elements of the innermost axis
  int axes;
  Divisor extents[kMaxPointwiseAxes];  ///< innermost first; that one counts vectors
  PointwiseOperand operand[operands];
};

/// Axis 0 is contiguous in the output and axis 1 in the input that lies otherwise. The tile is
/// 1 << log2[0] by 1 << log2[1] elements; extents are in elements.
template <int operands>
struct PointwiseTurnParams {
  int axes;
  int log2[2];
  Divisor tiles[2];
  Divisor extents[kMaxPointwiseAxes];
  PointwiseOperand operand[operands];
};

}  // namespace ingot::kernels
