// Products of a few rows by a large matrix, which is read once, as fast as memory gives it: each
// warp multiplies all rows by kColumns columns, whose elements lie side by side (B is [N, K]), and
// kSplits warps share the inner dimension.
//
// The preamble defines: Element (a float type, or signed or unsigned char, with B signed), Out,
// kConstantB (no kernel writes B), kRows (1 to 8: what a block takes), kSplits, and what
// block/matrix_epilogue.cuh asks for.
#include "kernels/block/matrix_epilogue.cuh"
#include "kernels/ptx/dp4a.cuh"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

constexpr int kWarps = 4, kColumns = kRowsColumns, kPiece = kVectorOf<Element>;
constexpr int kColumnsPerBlock = kColumns * kWarps / kSplits;

using Sum = SumOf<Element>;

/// kPiece elements of a line from `at` on; zeros beyond its end.
template <typename T>
struct Piece {
  float values[kPiece];

  template <bool kAligned>
  __device__ void load(const T* line, int at, int length) {
    if constexpr (kAligned) {
      load_vector<kPiece>(line + at, values);
    } else {
#pragma unroll
      for (int e = 0; e < kPiece; ++e) values[e] = at + e < length ? to_float(line[at + e]) : 0.0F;
    }
  }
  __device__ void add_product(const Piece& other, float* sum) const {
#pragma unroll
    for (int e = 0; e < kPiece; ++e) *sum += values[e] * other.values[e];
  }
};

/// Bytes stay as they are: four are multiplied by one instruction.
template <typename T>
struct BytePiece {
  Vector<T, 16> bytes;

  template <bool kAligned>
  __device__ void load(const T* line, int at, int length) {
    if constexpr (kAligned) {
      bytes = load_raw<16>(line + at);
    } else {
#pragma unroll
      for (int e = 0; e < 16; ++e) bytes.elements[e] = at + e < length ? line[at + e] : T(0);
    }
  }
  __device__ void add_product(const BytePiece& other, int* sum) const {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      *sum = dot_bytes(bytes.words[i], other.bytes.words[i], *sum, T{});
    }
  }
};
template <>
struct Piece<signed char> : BytePiece<signed char> {};
template <>
struct Piece<unsigned char> : BytePiece<unsigned char> {};

/// This lane's part of the inner dimension, from `begin` on in steps. The next pieces of the columns
/// are always on their way: the first before the kernel in front of this one has ended, if no kernel
/// writes them.
template <bool kAligned>
__device__ void add_products(Sum (&sums)[kRows][kColumns], const Element* const (&rows)[kRows],
                             const Element* const (&columns)[kColumns], int begin, int length) {
  constexpr int kStep = kSplits * 32 * kPiece;
  Piece<Element> next[kColumns];
  const auto load_next = [&](int at) {
    if (at >= length) return;
#pragma unroll
    for (int j = 0; j < kColumns; ++j) next[j].template load<kAligned>(columns[j], at, length);
  };
  if constexpr (kConstantB) load_next(begin);
  wait_for_previous_grid();
  release_next_grid();
  if constexpr (!kConstantB) load_next(begin);
#pragma unroll !kAligned ? 1 : kRows> 4 ? 1 : 4
  for (int at = begin; at < length; at += kStep) {
    Piece<Element> y[kColumns];
#pragma unroll
    for (int j = 0; j < kColumns; ++j) y[j] = next[j];
    load_next(at + kStep);
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      Piece<Element> x;
      x.template load<kAligned>(rows[i], at, length);
#pragma unroll
      for (int j = 0; j < kColumns; ++j) x.add_product(y[j], &sums[i][j]);
    }
  }
}

extern "C" __global__ void __launch_bounds__(32 * kWarps) matmul_rows(const MatmulParams p) {
  __shared__ Sum shared[kWarps][kRows * kColumns];
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  const int split = warp % kSplits;
  const int tiles = p.row_tiles * p.column_tiles;
  const BatchIndex batch(static_cast<int>(blockIdx.x) / tiles, p.out);
  const int tile = static_cast<int>(blockIdx.x) % tiles;
  const int first_row = tile / p.column_tiles * kRows;
  const int column = tile % p.column_tiles * kColumnsPerBlock + warp / kSplits * kColumns;
  const auto* a = static_cast<const Element*>(p.a) + batch.offset(p.a_batch);
  const auto* b = static_cast<const Element*>(p.b) + batch.offset(p.b_batch);
  // Rows and columns beyond the last are the last once more.
  const Element *rows[kRows], *columns[kColumns];
#pragma unroll
  for (int i = 0; i < kRows; ++i) rows[i] = a + min(first_row + i, p.out.rows - 1) * p.a_line;
#pragma unroll
  for (int j = 0; j < kColumns; ++j) {
    columns[j] = b + min(column + j, p.out.columns - 1) * p.b_line;
  }

  Sum sums[kRows][kColumns] = {};
  const int begin = (split * 32 + lane) * kPiece;
  if (p.a_aligned && p.b_aligned) {
    add_products<true>(sums, rows, columns, begin, p.inner);
  } else {
    add_products<false>(sums, rows, columns, begin, p.inner);
  }
#pragma unroll
  for (int i = 0; i < kRows; ++i) {
#pragma unroll
    for (int j = 0; j < kColumns; ++j) {
#pragma unroll
      for (int step = 16; step > 0; step /= 2) {
        sums[i][j] += __shfl_xor_sync(~0U, sums[i][j], step);
      }
      if (lane == i * kColumns + j) shared[warp][lane] = sums[i][j];
    }
  }
  if constexpr (kSplits > 1) {
    __syncthreads();
  } else {
    __syncwarp();
  }
  const int row = first_row + lane / kColumns, at = column + lane % kColumns;
  if (split != 0 || lane >= kRows * kColumns || row >= p.out.rows || at >= p.out.columns) return;
  Sum sum = 0;
#pragma unroll
  for (int k = 0; k < kSplits; ++k) sum += shared[warp + k][lane];
  ColumnExtras extras;
  visit_extras([&](int e, auto type) {
    const MatrixExtra& extra = p.out.extras[e];
    const auto* from = static_cast<const decltype(type)*>(extra.data);
    extras[e][0] = to_float(from[batch.offset(extra.batch) + row * extra.row + at * extra.column]);
  });
  finish_column(sum, extras,
                static_cast<Out*>(p.out.y) + batch.offset(p.out.batch) + row * p.out.row + at);
}

}  // namespace ingot::kernels
