// Moving elements of any type between two arrangements in memory: strides, windows and layouts.
// Copies, layout conversions, Transpose, Concat, Split, Slice, Expand and Tile are all this.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/engine/step.h"

namespace ingot {

/// One axis of a move; strides in elements: 0 repeats, negative ones walk backwards.
struct MoveAxis {
  int64_t extent, from, to;
};

/// A move along any axes, brought to the fastest form: rows, transposed squares, single elements.
class StridedMove {
 public:
  StridedMove(size_t element_bytes, std::vector<MoveAxis> axes);
  /// `from` and `to` are the elements at index 0 of every axis.
  void run(const void* from, void* to, int threads) const;
  int64_t elements() const { return elements_; }

 private:
  enum class Form : uint8_t { kNothing, kRows, kTranspose, kStrided };
  void simplify();
  void choose_form();
  void run_range(const char* from, char* to, int64_t begin, int64_t end) const;

  int element_bytes_;
  std::vector<MoveAxis> axes_;        ///< the outer ones, in the order of the target's memory
  MoveAxis a_{1, 0, 0}, b_{1, 0, 0};  ///< the inner two: a_ innermost in the target
  MoveAxis c_{1, 0, 0};               ///< around them, for few rows
  Form form_ = Form::kNothing;
  int64_t elements_ = 0, outer_ = 1;
  int64_t chunk_ = 1, chunks_ = 1;  ///< of c_ if that is more than 1 long, else of b_, in a piece
};

/// A copy between tensors of one shape and type, each in its own layout and window. Writes zeros
/// to the padding of a blocked target.
class LayoutMove {
 public:
  LayoutMove(const StepTensor& from, const StepTensor& to, int threads);
  void run(const void* from, void* to) const;

 private:
  struct Piece {
    StridedMove move;
    int64_t from, to;  ///< byte offsets
    bool zeros;
  };
  std::vector<Piece> pieces_;
  int threads_;
};

/// The part of `tensor` that begins at `start` along `axis` and has `extent` elements there;
/// *offset is what to add to its address, in bytes. Throws Error ("step.unsupported") if that is
/// within a block of channels.
StepTensor window_of(const StepTensor& tensor, int axis, int64_t start, int64_t extent,
                     int64_t* offset);

/// Throws Error ("step.unsupported") for types of less than a byte.
size_t movable_bytes(DType dtype);

}  // namespace ingot
