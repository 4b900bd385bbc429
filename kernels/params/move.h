// What the kernel of moves (kernels/ops/move.cuh) is told: rectangles of elements that go from one
// arrangement in memory to another.
#pragma once

#include "kernels/params/divisor.h"

namespace ingot::kernels {

inline constexpr int kMoveThreads = 256;
inline constexpr int kMaxMoveAxes = 8;
/// Of the kernel that moves several; all of them must fit into the 4 KiB of a kernel's parameters.
inline constexpr int kMaxMovePieces = 12;
/// Elements of the tile through which a transposition goes, by the bytes of an element.
inline constexpr int kMoveTileLog2Small = 12;  ///< 1 and 2 bytes
inline constexpr int kMoveTileLog2Large = 10;  ///< 4 and 8 bytes

/// One rectangle. Axes are ordered from the outermost to the innermost in the target's memory;
/// strides are in elements, and may be 0 (repeat) or negative in the source.
struct MovePiece {
  const void* from;  ///< null: `fill` is written
  void* to;
  long long from_strides[kMaxMoveAxes], to_strides[kMaxMoveAxes];
  Divisor extents[kMaxMoveAxes];
  unsigned fill[4];
  unsigned elements;   ///< product of the extents, below 2^31
  unsigned end_block;  ///< of the launch: the first one that is not this piece's
  int axes;
  int items;  ///< elements that a thread moves, up to 4; 0: by tiles
  // By tiles: the last axis is contiguous in the target, the one before it in the source.
  int tile_to_log2, tile_from_log2;  ///< elements of a tile along the last axis, and along that
  Divisor tiles_to, tiles_from;      ///< tiles along them
};

template <int pieces>
struct MoveParams {
  int count;
  MovePiece piece[pieces];
};

}  // namespace ingot::kernels
