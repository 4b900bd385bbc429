// Walks a dense output row by row together with inputs that broadcast to it (NumPy rules). Axes
// along which all tensors run on alike are merged first, so that a row is as long as can be.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ingot/types.h"

namespace ingot {

///   for (BroadcastRows rows(y.shape, {a.shape, b.shape}); rows.more(); rows.next())
///     loop(a + rows.offset(0), rows.step(0), ..., y + rows.out(), rows.length());
class BroadcastRows {
 public:
  /// Throws Error ("op.not_broadcastable") if an input does not broadcast to `out`.
  BroadcastRows(const Shape& out, std::span<const Shape> inputs);
  BroadcastRows(const Shape& out, std::initializer_list<Shape> inputs)
      : BroadcastRows(out, std::span(inputs.begin(), inputs.size())) {}

  bool more() const { return row_ < rows_; }
  void next();
  int64_t length() const { return length_; }
  int64_t out() const { return row_ * length_; }
  int64_t offset(size_t input) const { return offsets_[input]; }
  int64_t step(size_t input) const { return steps_[input]; }  ///< 0 or 1

 private:
  int64_t length_ = 1, rows_ = 1, row_ = 0;
  std::vector<int64_t> sizes_, index_;       ///< of the outer axes, innermost first
  std::vector<std::vector<int64_t>> jumps_;  ///< [axis][input]: stride along an outer axis
  std::vector<int64_t> offsets_, steps_;
};

/// The shape that all of these broadcast to; throws Error ("op.not_broadcastable").
Shape broadcast_shape(std::span<const Shape> shapes);

}  // namespace ingot
