// Matrix products in float without tensor cores, batched, with any epilogue: 64 x 64 tiles, 16 of
// the inner dimension at a time, the next tiles on their way in registers.
//
// The preamble defines: Element (a float type, or signed or unsigned char, with B signed), Out,
// kTransposeA, kTransposeB, and what block/matrix_epilogue.cuh asks for.
#include "kernels/block/matrix_epilogue.cuh"
#include "kernels/common/shared.cuh"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

constexpr int kThreads = 128, kTile = kPlainMatmulTile, kDepth = 16, kPitch = kTile + 4;
constexpr int kPieces = kTile * kDepth / kThreads;

/// This thread's part of one operand's next tile: kTile rows (columns of B) by kDepth.
template <typename T, bool kAlongInner>
struct Piece {
  float values[kPieces];

  __device__ static int extent(int i) {
    const int at = i * kThreads + static_cast<int>(threadIdx.x);
    return kAlongInner ? at / kDepth : at % kTile;
  }
  __device__ static int depth(int i) {
    const int at = i * kThreads + static_cast<int>(threadIdx.x);
    return kAlongInner ? at % kDepth : at / kTile;
  }
  __device__ void load(const T* from, long long line, int extents, int depths) {
#pragma unroll
    for (int i = 0; i < kPieces; ++i) {
      const int e = extent(i), d = depth(i);
      const bool inside = e < extents && d < depths;
      values[i] = inside ? to_float(from[kAlongInner ? e * line + d : d * line + e]) : 0.0F;
    }
  }
  __device__ void store(float* tile) const {
#pragma unroll
    for (int i = 0; i < kPieces; ++i) tile[depth(i) * kPitch + extent(i)] = values[i];
  }
};

/// Adds sums to those that go on for longer, and begins again.
template <typename Sum>
__device__ inline void add_sums(float (*sums)[2][4][4], Sum (*to)[2][4][4]) {
#pragma unroll
  for (int half = 0; half < 2; ++half) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        (*to)[half][i][j] += static_cast<Sum>((*sums)[half][i][j]);
        (*sums)[half][i][j] = 0;
      }
    }
  }
}

extern "C" __global__ void __launch_bounds__(kThreads) matmul_fma(const MatmulParams p) {
  auto* const shared = reinterpret_cast<float*>(dynamic_shared_memory());
  float* const a_tile = shared;
  float* const b_tile = shared + kDepth * kPitch;
  const int tiles = p.row_tiles * p.column_tiles;
  const BatchIndex batch(static_cast<int>(blockIdx.x) / tiles, p.out);
  const int tile = static_cast<int>(blockIdx.x) % tiles;
  const int first_row = tile % p.row_tiles * kTile, first_column = tile / p.row_tiles * kTile;
  const auto* a = static_cast<const Element*>(p.a) + batch.offset(p.a_batch) +
                  (kTransposeA ? first_row : first_row * p.a_line);
  const auto* b = static_cast<const FactorOf<Element>*>(p.b) + batch.offset(p.b_batch) +
                  (kTransposeB ? first_column * p.b_line : first_column);
  const int rows = p.out.rows - first_row, columns = p.out.columns - first_column;
  // A thread sums up rows row .. row + 3 and 32 more, columns column .. column + 3.
  const int row = static_cast<int>(threadIdx.x) / 16 * 4,
            column = static_cast<int>(threadIdx.x) % 16 * 4;

  const TileEnd<kTile, kTile, 1, kThreads> end(p.out, first_column);
  Piece<Element, !kTransposeA> a_next;
  Piece<FactorOf<Element>, kTransposeB> b_next;
  const auto load = [&](int first) {
    a_next.load(a + (kTransposeA ? first * p.a_line : first), p.a_line, rows, p.inner - first);
    b_next.load(b + (kTransposeB ? first : first * p.b_line), p.b_line, columns, p.inner - first);
  };
  wait_for_previous_grid();
  release_next_grid();
  load(0);
  float sums[2][4][4] = {};
  SumOf<Element> exact[2][4][4] = {};
  for (int first = 0; first < p.inner; first += kDepth) {
    __syncthreads();
    a_next.store(a_tile);
    b_next.store(b_tile);
    __syncthreads();
    if (first + kDepth < p.inner) load(first + kDepth);
#pragma unroll
    for (int d = 0; d < kDepth; ++d) {
      float x[2][4], y[4];
      load_vector<4>(a_tile + d * kPitch + row, x[0]);
      load_vector<4>(a_tile + d * kPitch + row + 32, x[1]);
      load_vector<4>(b_tile + d * kPitch + column, y);
#pragma unroll
      for (int half = 0; half < 2; ++half) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
#pragma unroll
          for (int j = 0; j < 4; ++j) sums[half][i][j] += x[half][i] * y[j];
        }
      }
    }
    // Of integers the float sums are kept as long as they are exact.
    const bool full = kIsByte<Element> && (first / kDepth + 1) % (kExactProducts / kDepth) == 0;
    if (full) add_sums(&sums, &exact);
  }
  add_sums(&sums, &exact);
  __syncthreads();
  auto* const results = reinterpret_cast<SumOf<Element>*>(shared);
#pragma unroll
  for (int half = 0; half < 2; ++half) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      Vector<SumOf<Element>, 4> four;
#pragma unroll
      for (int j = 0; j < 4; ++j) four.elements[j] = exact[half][i][j];
      store_raw<4>(four, results + (row + half * 32 + i) * (kTile + 8) + column);
    }
  }
  __syncthreads();
  end.finish<Out>(results, p.out, batch, first_row);
}

}  // namespace ingot::kernels
