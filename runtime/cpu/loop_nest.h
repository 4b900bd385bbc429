// The loops over the elements of an output in the order in which they lie in memory, with the
// strides of every tensor that is broadcast to it. Neighbouring axes that lie alike everywhere are
// one loop; a blocked channel axis is two loops (blocks, lanes).
#pragma once

#include <vector>

#include "runtime/engine/step.h"

namespace ingot {

class LoopNest {
 public:
  static constexpr int kMostLoops = Shape::kMaxRank + 1;
  static constexpr int kMostTensors = 65;

  LoopNest() = default;
  /// Tensor `inputs.size()` is the output. Throws Error ("step.unsupported") for a tensor that does
  /// not broadcast to the output, or lies in a blocked layout that the output has not.
  LoopNest(const std::vector<const StepTensor*>& inputs, const StepTensor& output);

  int loop_count() const { return static_cast<int>(loops_.size()); }
  int64_t extent(int loop) const { return loops_[static_cast<size_t>(loop)].extent; }
  int64_t stride(int loop, int tensor) const {
    return loops_[static_cast<size_t>(loop)].strides[static_cast<size_t>(tensor)];
  }
  int64_t total() const;  ///< elements, padding included

  /// The loop over channel blocks, never merged, if the last block is partly padding; else -1.
  int padded_loop() const { return padded_loop_; }
  /// True for a tensor that varies along the channels but has no padding behind the last one.
  bool lane_limited(int tensor) const { return lane_limited_[static_cast<size_t>(tensor)]; }

  /// Where a walk over the outermost loops is.
  struct Position {
    int64_t index[kMostLoops] = {};
    int64_t offset[kMostTensors] = {};  ///< elements, per tensor
  };
  /// Step `i` of the walk over the first `outer` loops, the last of them fastest.
  Position position(int64_t i, int outer) const;
  void advance(Position& position, int outer) const;

 private:
  struct Loop {
    int64_t extent = 1;
    std::vector<int64_t> strides;
    bool fixed = false;  ///< stays a loop of its own
  };
  void merge();

  std::vector<Loop> loops_;
  std::vector<bool> lane_limited_;
  int padded_loop_ = -1;
};

}  // namespace ingot
