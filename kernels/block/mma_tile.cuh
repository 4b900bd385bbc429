// Tiles of the operands of a matrix product in shared memory, swizzled so that ldmatrix and cp.async
// meet no bank conflicts: how they are filled, how a warp reads its fragments, and the product of one
// warp's part. Elements are of 16 bits, floats that are multiplied as TF32, or bytes (stored in lines
// along the inner dimension) whose type is the first operand's; the second operand's are signed then.
#pragma once

#include "kernels/common/shared.cuh"
#include "kernels/ptx/cp_async.cuh"
#include "kernels/ptx/ldmatrix.cuh"
#include "kernels/ptx/mma.cuh"

namespace ingot::kernels {

/// Elements that are copied at a time.
template <typename T>
inline constexpr int kPerPiece = 16 / static_cast<int>(sizeof(T));

/// Where piece `chunk` (16 bytes) of line `line` lies in its line. Lines that are a multiple of 16
/// apart agree.
template <int kChunks>
__device__ inline int swizzled(int line, int chunk) {
  static_assert(kChunks == 2 || kChunks == 4 || kChunks % 8 == 0);
  if constexpr (kChunks == 2) return chunk ^ (line >> 2 & 1);
  if constexpr (kChunks == 4) return chunk ^ (line >> 1 & 3);
  return chunk ^ (line & 7);
}

/// A tile of kExtent rows (of A; columns of B) by kDepth elements of the inner dimension. It is
/// stored in lines along the inner dimension if kAlongInner (floats always), else across it.
template <typename T, bool kAlongInner_, int kExtent_, int kDepth_>
struct OperandTile {
  using Element = T;
  static constexpr bool kAlongInner = kAlongInner_;
  static constexpr int kExtent = kExtent_, kDepth = kDepth_;
  static constexpr int kLines = kAlongInner ? kExtent : kDepth;
  static constexpr int kChunks = (kAlongInner ? kDepth : kExtent) / kPerPiece<T>;
  static constexpr int kLineBytes = kChunks * 16;
  static constexpr int kBytes = kLines * kLineBytes;
  static_assert(kAlongInner || sizeof(T) == 2, "ldmatrix transposes elements of 16 bits only");

  /// Bytes from the tile's begin to a piece.
  __device__ static int offset(int line, int chunk) {
    return line * kLineBytes + swizzled<kChunks>(line, chunk) * 16;
  }
};

/// Which pieces of each tile this thread copies: the same piece of lines that are kLineStep apart.
template <typename Tile, int kThreads>
struct ThreadPieces {
  static constexpr int kLineStep = kThreads / Tile::kChunks;
  static constexpr int kCount = (Tile::kLines + kLineStep - 1) / kLineStep;
  static_assert(kThreads % Tile::kChunks == 0 && kLineStep % 8 == 0, "lines swizzled alike");
  static constexpr int kStepBytes = kLineStep * Tile::kLineBytes;

  int line = static_cast<int>(threadIdx.x) / Tile::kChunks;
  int chunk = static_cast<int>(threadIdx.x) % Tile::kChunks;
  SharedAddress to = shared_address(dynamic_shared_memory()) + Tile::offset(line, chunk);

  /// There is a piece `i` of this thread.
  __device__ bool has(int i) const {
    return Tile::kLines % kLineStep == 0 || line + i * kLineStep < Tile::kLines;
  }
};

/// Copies the tiles of one operand, one after another along the inner dimension. Addresses are
/// computed once; rows (or columns) beyond the last are the last once more, since nobody looks at
/// what comes of them, and only the inner dimension is filled up with zeros.
template <typename Tile, int kThreads>
class TileLoader {
  using T = typename Tile::Element;
  using Pieces = ThreadPieces<Tile, kThreads>;

 public:
  /// `from`: the first element of the first tile; `extent` rows (or columns) and `inner` elements
  /// of the inner dimension are left there. `aligned`: lines can be copied in pieces.
  __device__ TileLoader(const T* from, long long stride, int extent, int inner, bool aligned)
      : first_(from), stride_(stride), extent_(extent), left_(inner), aligned_(aligned) {
    if (Tile::kAlongInner) {
      from_ = reinterpret_cast<const char*>(from + pieces_.chunk * kPerPiece<T>);
#pragma unroll
      for (int i = 0; i < Pieces::kCount; ++i) {
        offset_[i] = min(pieces_.line + i * Pieces::kLineStep, extent - 1) *
                     static_cast<int>(stride * static_cast<int>(sizeof(T)));
      }
    } else {
      const int column = min(pieces_.chunk * kPerPiece<T>, max(extent - kPerPiece<T>, 0));
      from_ = reinterpret_cast<const char*>(from + pieces_.line * stride + column);
#pragma unroll
      for (int i = 0; i < Pieces::kCount; ++i) {
        offset_[i] = i * Pieces::kLineStep * static_cast<int>(stride * static_cast<int>(sizeof(T)));
      }
    }
  }

  /// Starts to copy the next tile to byte `at` of the shared memory.
  __device__ void start(int at) {
    if (aligned_) {
#pragma unroll
      for (int i = 0; i < Pieces::kCount; ++i) {
        const bool inside = Tile::kAlongInner ? pieces_.chunk * kPerPiece<T> < left_
                                              : pieces_.line + i * Pieces::kLineStep < left_;
        if (pieces_.has(i)) {
          cp_async_16(pieces_.to + (at + i * Pieces::kStepBytes), from_ + offset_[i], inside);
        }
      }
    } else {
      copy_elements(at);
    }
    constexpr int kBytes = Tile::kDepth * static_cast<int>(sizeof(T));
    from_ += Tile::kAlongInner ? kBytes : stride_ * kBytes;
    first_ += Tile::kAlongInner ? Tile::kDepth : stride_ * Tile::kDepth;
    left_ -= Tile::kDepth;
  }

 private:
  __device__ void copy_elements(int at) const {
    unsigned char* tile = dynamic_shared_memory() + at;
    const int lines = Tile::kAlongInner ? extent_ : left_;
    const int length = Tile::kAlongInner ? left_ : extent_;
#pragma unroll 1
    for (int i = static_cast<int>(threadIdx.x); i < Tile::kLines * Tile::kChunks; i += kThreads) {
      const int line = i / Tile::kChunks, chunk = i % Tile::kChunks;
      T* to = reinterpret_cast<T*>(tile + Tile::offset(line, chunk));
#pragma unroll 1
      for (int e = 0; e < kPerPiece<T>; ++e) {
        const int column = chunk * kPerPiece<T> + e;
        to[e] = line < lines && column < length ? first_[line * stride_ + column] : T{};
      }
    }
  }

  Pieces pieces_;
  const char* from_;
  int offset_[Pieces::kCount];
  const T* first_;
  long long stride_;
  int extent_, left_;
  bool aligned_;
};

/// Where a lane reads its fragments of a tile: kParts of 16 rows (or columns) from `first` on, and
/// kSteps of 32 bytes of the inner dimension from `first_step` on.
template <typename Tile, bool kIsA, int kParts, int kSteps>
class FragmentReader {
 public:
  __device__ FragmentReader(int first, int first_step) {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    const int low = lane % 8, middle = lane / 8 % 2, high = lane / 16;
    base_ = shared_address(dynamic_shared_memory());
    if constexpr (Tile::kAlongInner) {
      const int line = first + (kIsA ? lane % 16 : low + high * 8);
#pragma unroll
      for (int step = 0; step < kSteps; ++step) {
        at_[step] = Tile::offset(line, (first_step + step) * 2 + (kIsA ? high : middle));
      }
    } else {
      const int line = first_step * 16 + (kIsA ? high * 8 + low : lane % 16);
#pragma unroll
      for (int part = 0; part < kParts; ++part) {
        at_[part] = Tile::offset(line, first / 8 + part * 2 + (kIsA ? middle : high));
      }
    }
  }

  /// Of the tile at byte `tile` of the shared memory.
  __device__ void load(unsigned (&fragments)[kParts][4], int tile, int step) const {
#pragma unroll
    for (int part = 0; part < kParts; ++part) {
      if constexpr (Tile::kAlongInner) {
        ldmatrix(fragments[part], base_ + (tile + at_[step] + part * 16 * Tile::kLineBytes));
      } else {
        ldmatrix_transposed(fragments[part],
                            base_ + (tile + at_[part] + step * 16 * Tile::kLineBytes));
      }
      round_fragments(fragments[part], typename Tile::Element{});
    }
  }

 private:
  SharedAddress base_;
  int at_[Tile::kAlongInner ? kSteps : kParts];
};

/// Pairs of sums as they are stored.
template <typename Sum>
struct alignas(8) SumPair {
  Sum x, y;
};

/// What one warp sums up: kRowParts * 16 rows by kColumnParts * 16 columns.
template <int kRowParts, int kColumnParts, typename Sum>
struct WarpSums {
  Sum sums[kRowParts][kColumnParts * 2][4] = {};

  /// Adds the product of 32 bytes of the inner dimension.
  template <typename T>
  __device__ void add(const unsigned (&rows)[kRowParts][4],
                      const unsigned (&columns)[kColumnParts][4], T type) {
#pragma unroll
    for (int i = 0; i < kRowParts; ++i) {
#pragma unroll
      for (int j = 0; j < kColumnParts * 2; ++j) {
        multiply_fragments(sums[i][j], rows[i], columns[j / 2][j % 2 * 2],
                           columns[j / 2][j % 2 * 2 + 1], type);
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
        for (int j = 0; j < kColumnParts * 2; ++j) {
          *reinterpret_cast<SumPair<Sum>*>(to + j * 8) =
              SumPair<Sum>{sums[i][j][2 * half], sums[i][j][2 * half + 1]};
        }
      }
    }
  }
};

}  // namespace ingot::kernels
