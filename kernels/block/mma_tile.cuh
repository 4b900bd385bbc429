// Tiles of the operands of a matrix product in shared memory, swizzled so that ldmatrix and cp.async
// meet no bank conflicts, and the product of one warp's part of them. Elements are of 16 bits, floats
// that are multiplied as TF32, or bytes (stored in lines along the inner dimension) whose type is the
// first operand's; the second operand's are signed then.
#pragma once

#include "kernels/block/load_chunk.cuh"
#include "kernels/ptx/ldmatrix.cuh"
#include "kernels/ptx/mma.cuh"

namespace ingot::kernels {

/// Where piece `chunk` (16 bytes) of line `line` lies in its line.
template <int kChunks>
__device__ inline int swizzled(int line, int chunk) {
  static_assert(kChunks == 2 || kChunks == 4 || kChunks % 8 == 0);
  if constexpr (kChunks == 2) return chunk ^ (line >> 2 & 1);
  if constexpr (kChunks == 4) return chunk ^ (line >> 1 & 3);
  return chunk ^ (line & 7);
}

/// A tile of kExtent rows (of A; columns of B) by kDepth elements of the inner dimension. It is
/// stored in lines along the inner dimension if kAlongInner (floats always), else across it.
template <typename T, bool kAlongInner, int kExtent, int kDepth>
struct OperandTile {
  static constexpr int kLines = kAlongInner ? kExtent : kDepth;
  static constexpr int kChunks = (kAlongInner ? kDepth : kExtent) / kPerChunk<T>;
  static constexpr int kElements = kExtent * kDepth;
  static_assert(kAlongInner || sizeof(T) == 2, "ldmatrix transposes elements of 16 bits only");
  T* data;

  __device__ T* piece(int line, int chunk) const {
    return data + (line * kChunks + swizzled<kChunks>(line, chunk)) * kPerChunk<T>;
  }

  /// Starts to copy the tile whose first element is `from`; zeros beyond `lines` and `length`.
  template <int kThreads>
  __device__ void load(const T* from, long long stride, int lines, int length, bool aligned) const {
#pragma unroll
    for (int i = static_cast<int>(threadIdx.x); i < kLines * kChunks; i += kThreads) {
      const int line = i / kChunks, chunk = i % kChunks;
      const bool inside = line < lines;
      load_chunk(piece(line, chunk), from + (inside ? line * stride : 0), chunk * kPerChunk<T>,
                 length, aligned, inside);
    }
  }

  /// Fragments of A: 16 rows, 32 bytes of the inner dimension.
  __device__ void load_a(unsigned (&a)[4], int row, int step) const {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    if constexpr (kAlongInner) {
      ldmatrix(a, piece(row + lane % 16, step * 2 + lane / 16));
    } else {
      ldmatrix_transposed(a, piece(step * 16 + lane / 16 * 8 + lane % 8, row / 8 + lane / 8 % 2));
    }
  }

  /// Fragments of B: 16 columns (two of mma's) by 32 bytes of the inner dimension.
  __device__ void load_b(unsigned (&b)[4], int column, int step) const {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    if constexpr (kAlongInner) {
      ldmatrix(b, piece(column + lane % 8 + lane / 16 * 8, step * 2 + lane / 8 % 2));
    } else {
      ldmatrix_transposed(b, piece(step * 16 + lane % 16, column / 8 + lane / 16));
    }
  }
};

/// Pairs of sums as they are stored.
template <typename Sum>
struct alignas(8) SumPair {
  Sum x, y;
};

/// What one warp sums up: kRowParts * 16 rows by kColumnParts * 8 columns.
template <int kRowParts, int kColumnParts, typename Sum>
struct WarpSums {
  Sum sums[kRowParts][kColumnParts][4] = {};

  /// Adds the product of 32 bytes of the inner dimension.
  template <typename T, bool kAInner, bool kBInner, int kRows, int kColumns, int kDepth>
  __device__ void add(const OperandTile<T, kAInner, kRows, kDepth>& a,
                      const OperandTile<T, kBInner, kColumns, kDepth>& b, int row, int column,
                      int step) {
    static_assert(kColumnParts % 2 == 0);
    unsigned rows[kRowParts][4], columns[kColumnParts / 2][4];
#pragma unroll
    for (int i = 0; i < kRowParts; ++i) {
      a.load_a(rows[i], row + i * 16, step);
      round_fragments(rows[i], T{});
    }
#pragma unroll
    for (int j = 0; j < kColumnParts / 2; ++j) {
      b.load_b(columns[j], column + j * 16, step);
      round_fragments(columns[j], T{});
    }
#pragma unroll
    for (int i = 0; i < kRowParts; ++i) {
#pragma unroll
      for (int j = 0; j < kColumnParts; ++j) {
        multiply_fragments(sums[i][j], rows[i], columns[j / 2][j % 2 * 2],
                           columns[j / 2][j % 2 * 2 + 1], T{});
      }
    }
  }

  /// Writes them to a tile of sums in shared memory.
  __device__ void store(Sum* tile, int pitch, int row, int column) const {
    const int lane = static_cast<int>(threadIdx.x) % 32;
#pragma unroll
    for (int i = 0; i < kRowParts; ++i) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        Sum* to = tile + (row + i * 16 + half * 8 + lane / 4) * pitch + column + lane % 4 * 2;
#pragma unroll
        for (int j = 0; j < kColumnParts; ++j) {
          *reinterpret_cast<SumPair<Sum>*>(to + j * 8) =
              SumPair<Sum>{sums[i][j][2 * half], sums[i][j][2 * half + 1]};
        }
      }
    }
  }
};

}  // namespace ingot::kernels
