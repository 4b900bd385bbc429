// Moves elements between two arrangements in memory: conversions of layouts, Transpose, Concat,
// Split, Slice, Pad, Expand, Tile, DepthToSpace. Elements are bits of 1 to 16 bytes. One launch
// does several rectangles; each block works on one of them.
//
// Where the innermost axes of source and target differ, a tile goes through shared memory, so that
// both sides are touched along their own innermost axis; else each thread moves a few elements.
#include "kernels/common/divide.cuh"
#include "kernels/params/move.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

template <typename Element>
__device__ Element fill_of(const MovePiece& piece) {
  union {
    unsigned words[4];
    Element element;
  } bits = {{piece.fill[0], piece.fill[1], piece.fill[2], piece.fill[3]}};
  return bits.element;
}

/// Where element `index` comes from, and where it goes.
__device__ inline void locate(const MovePiece& piece, unsigned index, int axes, long long* from,
                              long long* to) {
  for (int axis = axes - 1; axis > 0; --axis) {
    const unsigned i = take_index(&index, piece.extents[axis]);
    *from += i * piece.from_strides[axis];
    *to += i * piece.to_strides[axis];
  }
  *from += index * piece.from_strides[0];
  *to += index * piece.to_strides[0];
}

template <typename Element>
__device__ void move_items(const MovePiece& piece, unsigned block) {
  constexpr int kMaxItems = 4;
  const Element* from = static_cast<const Element*>(piece.from);
  Element* to = static_cast<Element*>(piece.to);
  const unsigned first = block * (kMoveThreads * piece.items) + threadIdx.x;
  Element values[kMaxItems];
  long long targets[kMaxItems];
#pragma unroll
  for (int k = 0; k < kMaxItems; ++k) {
    const unsigned index = first + k * kMoveThreads;
    targets[k] = -1;
    if (k >= piece.items || index >= piece.elements) continue;
    long long source = 0, target = 0;
    locate(piece, index, piece.axes, &source, &target);
    targets[k] = target;
    values[k] = from ? from[source] : fill_of<Element>(piece);
  }
#pragma unroll
  for (int k = 0; k < kMaxItems; ++k) {
    if (targets[k] >= 0) to[targets[k]] = values[k];
  }
}

/// A pitch with an odd number of words lets a warp read a column without bank conflicts.
template <typename Element>
__device__ Element* move_tile_memory() {
  constexpr int kElements = 1 << (sizeof(Element) <= 2 ? kMoveTileLog2Small : kMoveTileLog2Large);
  constexpr int kMostRows = kMoveThreads < kElements / 8 ? kMoveThreads : kElements / 8;
  constexpr int kPad = sizeof(Element) >= 4 ? 1 : 4 / static_cast<int>(sizeof(Element));
  __shared__ Element tile[kElements + kMostRows * kPad];
  return tile;
}

template <typename Element>
__device__ void move_tile(const MovePiece& piece, unsigned block) {
  constexpr int kPad = sizeof(Element) >= 4 ? 1 : 4 / static_cast<int>(sizeof(Element));
  constexpr int kElements = 1 << (sizeof(Element) <= 2 ? kMoveTileLog2Small : kMoveTileLog2Large);
  constexpr int kRounds = kElements / kMoveThreads;
  Element* tile = move_tile_memory<Element>();
  const int last = piece.axes - 1, across = piece.axes - 2;
  const unsigned first_to = take_index(&block, piece.tiles_to) << piece.tile_to_log2;
  const unsigned first_from = take_index(&block, piece.tiles_from) << piece.tile_from_log2;
  long long source = 0, target = 0;
  if (across > 0) locate(piece, block, across, &source, &target);
  const unsigned left_to = piece.extents[last].divisor - first_to;
  const unsigned left_from = piece.extents[across].divisor - first_from;
  const unsigned pitch = (1U << piece.tile_from_log2) + kPad;
  // A side of the tile is at most kMoveThreads long: a thread stays in its column, and walks along
  // the rows. Rows lie along the target's innermost axis, columns along the source's.
  {
    const unsigned row = threadIdx.x >> piece.tile_from_log2;
    const unsigned column = threadIdx.x & ((1U << piece.tile_from_log2) - 1);
    const unsigned step = kMoveThreads >> piece.tile_from_log2;
    const Element* from = static_cast<const Element*>(piece.from) + source +
                          (first_to + row) * piece.from_strides[last] +
                          (first_from + column) * piece.from_strides[across];
    const long long distance = step * piece.from_strides[last];
#pragma unroll
    for (int round = 0; round < kRounds; ++round) {
      if (row + round * step < left_to && column < left_from) {
        tile[(row + round * step) * pitch + column] = *from;
      }
      from += distance;
    }
  }
  __syncthreads();
  {
    const unsigned column = threadIdx.x >> piece.tile_to_log2;
    const unsigned row = threadIdx.x & ((1U << piece.tile_to_log2) - 1);
    const unsigned step = kMoveThreads >> piece.tile_to_log2;
    Element* to = static_cast<Element*>(piece.to) + target +
                  (first_to + row) * piece.to_strides[last] +
                  (first_from + column) * piece.to_strides[across];
    const long long distance = step * piece.to_strides[across];
#pragma unroll
    for (int round = 0; round < kRounds; ++round) {
      if (row < left_to && column + round * step < left_from) {
        *to = tile[row * pitch + column + round * step];
      }
      to += distance;
    }
  }
}

template <typename Element, int pieces>
__device__ void move(const MoveParams<pieces>& params) {
  int number = 0;
  unsigned begin = 0;
  while (blockIdx.x >= params.piece[number].end_block) begin = params.piece[number++].end_block;
  const MovePiece& piece = params.piece[number];
  wait_for_previous_grid();
  if constexpr (sizeof(Element) <= 8) {
    if (piece.items == 0) {
      move_tile<Element>(piece, blockIdx.x - begin);
      return;
    }
  }
  move_items<Element>(piece, blockIdx.x - begin);
}

#define INGOT_MOVE_ENTRIES(bytes, Element)                         \
  extern "C" __global__ void __launch_bounds__(kMoveThreads)       \
      move_one_##bytes(const MoveParams<1> params) {               \
    move<Element>(params);                                         \
  }                                                                \
  extern "C" __global__ void __launch_bounds__(kMoveThreads)       \
      move_many_##bytes(const MoveParams<kMaxMovePieces> params) { \
    move<Element>(params);                                         \
  }

INGOT_MOVE_ENTRIES(1, unsigned char)
INGOT_MOVE_ENTRIES(2, unsigned short)
INGOT_MOVE_ENTRIES(4, unsigned)
INGOT_MOVE_ENTRIES(8, unsigned long long)
INGOT_MOVE_ENTRIES(16, uint4)

#undef INGOT_MOVE_ENTRIES

}  // namespace ingot::kernels
