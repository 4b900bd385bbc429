// The end of a kernel whose blocks make tiles of a matrix: sums from shared memory through the
// generated epilogue to the output, eight columns a thread at a time.
//
// The preamble defines: kExtras, visit_extras(f) which calls f(i, T{}) for each extra of type T,
// kVectorExtras (bits of those that are constant vectors along the columns), and epilogue(in), where
// in[0] is the sum and in[1 + i] the element of extra i. Sums of integers that are stored as int have no
// epilogue.
#pragma once

#include "kernels/common/vector.cuh"
#include "kernels/params/matrix.h"

namespace ingot::kernels {

/// Which of the products this is, along each batch axis.
struct BatchIndex {
  int at[kMaxMatrixBatchAxes];

  __device__ BatchIndex(int product, const MatrixOutput& out) {
#pragma unroll
    for (int i = kMaxMatrixBatchAxes - 1; i >= 0; --i) {
      at[i] = product % out.batch_extents[i];
      product /= out.batch_extents[i];
    }
  }
  __device__ long long offset(const long long (&strides)[kMaxMatrixBatchAxes]) const {
    long long sum = 0;
#pragma unroll
    for (int i = 0; i < kMaxMatrixBatchAxes; ++i) sum += at[i] * strides[i];
    return sum;
  }
};

__device__ constexpr int bits_in(unsigned mask) {
  int count = 0;
  for (; mask != 0; mask &= mask - 1) ++count;
  return count;
}

/// Eight elements of T, as they were read.
struct RawEight {
  unsigned words[8];

  template <typename T>
  __device__ void load(const T* from) {
    constexpr int kBytes = 8 * static_cast<int>(sizeof(T));
    if constexpr (kBytes == 8) {
      const auto raw = *reinterpret_cast<const uint2*>(from);
      words[0] = raw.x;
      words[1] = raw.y;
    } else {
#pragma unroll
      for (int i = 0; i < kBytes / 16; ++i) {
        const uint4 raw = reinterpret_cast<const uint4*>(from)[i];
        words[4 * i] = raw.x;
        words[4 * i + 1] = raw.y;
        words[4 * i + 2] = raw.z;
        words[4 * i + 3] = raw.w;
      }
    }
  }
  template <typename T>
  __device__ void unpack(float (&to)[8]) const {
    if constexpr (sizeof(T) == 4) {
#pragma unroll
      for (int i = 0; i < 8; ++i) to[i] = __uint_as_float(words[i]);
    } else {
      Vector<T, 8> vector;
#pragma unroll
      for (int i = 0; i < static_cast<int>(2 * sizeof(T)); ++i) vector.words[i] = words[i];
      unpack_vector(vector, to);
    }
  }
};

/// The sums of eight columns, in kSlots parts `slot` apart.
template <int kSlots, typename Sum>
__device__ inline void load_sums(const Sum* from, int slot, const int* column_sums, Sum (&to)[8]) {
#pragma unroll
  for (int part = 0; part < kSlots; ++part) {
#pragma unroll
    for (int j = 0; j < 8; j += 4) {
      const Vector<Sum, 4> sums = load_raw<4>(from + part * slot + j);
#pragma unroll
      for (int k = 0; k < 4; ++k)
        to[j + k] = part == 0 ? sums.elements[k] : to[j + k] + sums.elements[k];
    }
  }
  if constexpr (kSame<Sum, int>) {
    if (column_sums == nullptr) return;
#pragma unroll
    for (int j = 0; j < 8; j += 4) {
      const Vector<int, 4> more = load_raw<4>(column_sums + j);
#pragma unroll
      for (int k = 0; k < 4; ++k) to[j + k] += more.elements[k];
    }
  }
}

/// The extras of eight columns.
using ColumnExtras = float[kExtras > 0 ? kExtras : 1][8];

/// What becomes of the sum of column j.
template <typename Sum>
__device__ inline float result_of(Sum sum, const ColumnExtras& extras, int j) {
  float in[kExtras + 1];
  in[0] = static_cast<float>(sum);
#pragma unroll
  for (int i = 0; i < kExtras; ++i) in[i + 1] = extras[i][j];
  return epilogue(in);
}

/// Puts the result of column 0 to `y`.
template <typename T, typename Sum>
__device__ inline void finish_column(Sum sum, const ColumnExtras& extras, T* y) {
  if constexpr (kSame<T, int>) {
    *y = sum;
  } else {
    *y = from_float<T>(result_of(sum, extras, 0));
  }
}

/// Puts the results of eight columns to `y`.
template <typename T, typename Sum>
__device__ inline void finish_columns(const Sum (&sums)[8], const ColumnExtras& extras, T* y) {
  if constexpr (kSame<T, int>) {
#pragma unroll
    for (int j = 0; j < 8; ++j) y[j] = sums[j];
  } else {
    float result[8];
#pragma unroll
    for (int j = 0; j < 8; ++j) result[j] = result_of(sums[j], extras, j);
    store_vector<8>(result, y);
  }
}

/// The end of one tile. A thread stores eight columns of some rows. Constant vectors along the
/// columns are read at once, before the tile is computed.
template <int kRows, int kColumns, int kSlots, int kThreads>
class TileEnd {
  static constexpr int kPitch = kColumns + 8, kChunks = kColumns / 8, kStep = kThreads / kChunks;
  static constexpr int kParts = (kRows + kStep - 1) / kStep;
  static constexpr int kOthers = kExtras - bits_in(kVectorExtras);
  // Loads of several rows are under way at a time, as registers allow.
  static constexpr int kMost = kOthers <= 1 ? 4 : kOthers == 2 ? 2 : 1;
  static constexpr int kTogether = kParts < kMost ? kParts : kMost;
  static_assert(kThreads % kChunks == 0 && kParts % kTogether == 0);

 public:
  __device__ TileEnd(const MatrixOutput& out, int first_column)
      : local_row_(static_cast<int>(threadIdx.x) / kChunks),
        local_column_(static_cast<int>(threadIdx.x) % kChunks * 8),
        column_(first_column + local_column_) {
    if (column_ >= out.columns) return;
    visit_extras([&](int i, auto type) {
      using T = decltype(type);
      if (!is_vector(i)) return;
      const T* from = static_cast<const T*>(out.extras[i].data) + column_;
      if (out.extras[i].aligned) {
        load_vector<8>(from, vectors_[i]);
      } else {
        for (int j = 0; j < 8; ++j) {
          vectors_[i][j] = column_ + j < out.columns ? to_float(from[j]) : 0.0F;
        }
      }
    });
  }

  /// Stores the tile whose sums lie in shared memory, in kSlots parts that are added. The tile's
  /// rows have kColumns + 8 sums there.
  template <typename T, typename Sum>
  __device__ void finish(const Sum* sums, const MatrixOutput& out, const BatchIndex& batch,
                         int first_row) const {
    if (column_ >= out.columns) return;
    T* y = static_cast<T*>(out.y) + batch.offset(out.batch) + column_;
    if (out.in_pieces) {
      store_pieces(y, sums, out, batch, first_row);
    } else {
      store_elements(y, sums, out, batch, first_row);
    }
  }

 private:
  __device__ static constexpr bool is_vector(int i) { return (kVectorExtras >> i & 1U) != 0; }

  template <typename T, typename Sum>
  __device__ void store_pieces(T* y, const Sum* sums, const MatrixOutput& out,
                               const BatchIndex& batch, int first_row) const {
#pragma unroll 1
    for (int part = 0; part < kParts; part += kTogether) {
      RawEight raw[kTogether][kExtras + 1];
      const auto valid = [&](int k) {
        const int tile_row = local_row_ + (part + k) * kStep;
        return tile_row < kRows && first_row + tile_row < out.rows;
      };
      // All are read before the first is looked at.
      visit_extras([&](int i, auto type) {
        using E = decltype(type);
        if (is_vector(i)) return;
        const MatrixExtra& extra = out.extras[i];
        const E* from = static_cast<const E*>(extra.data) + batch.offset(extra.batch) +
                        (first_row + local_row_ + part * kStep) * extra.row;
        if (extra.aligned) {
#pragma unroll
          for (int k = 0; k < kTogether; ++k) {
            if (valid(k)) raw[k][i].load(from + k * kStep * extra.row + column_);
          }
        } else {  // one value for all columns
#pragma unroll
          for (int k = 0; k < kTogether; ++k) {
            union {
              E elements[8];
              unsigned words[2 * sizeof(E)];
            } same;
            const E value = valid(k) ? from[k * kStep * extra.row] : E{};
#pragma unroll
            for (int j = 0; j < 8; ++j) same.elements[j] = value;
#pragma unroll
            for (int j = 0; j < static_cast<int>(2 * sizeof(E)); ++j) {
              raw[k][i].words[j] = same.words[j];
            }
          }
        }
      });
#pragma unroll
      for (int k = 0; k < kTogether; ++k) {
        if (!valid(k)) continue;
        const int tile_row = local_row_ + (part + k) * kStep;
        Sum total[8];
        load_sums<kSlots>(sums + tile_row * kPitch + local_column_, kRows * kPitch,
                          out.column_sums == nullptr ? nullptr : out.column_sums + column_, total);
        ColumnExtras extras;
        visit_extras([&](int i, auto type) {
          if (is_vector(i)) {
#pragma unroll
            for (int j = 0; j < 8; ++j) extras[i][j] = vectors_[i][j];
          } else {
            raw[k][i].template unpack<decltype(type)>(extras[i]);
          }
        });
        finish_columns(total, extras, y + (first_row + tile_row) * out.row);
      }
    }
  }

  template <typename T, typename Sum>
  __device__ void store_elements(T* y, const Sum* sums, const MatrixOutput& out,
                                 const BatchIndex& batch, int first_row) const {
#pragma unroll 1
    for (int part = 0; part < kParts; ++part) {
      const int tile_row = local_row_ + part * kStep, row = first_row + tile_row;
      if (tile_row >= kRows || row >= out.rows) continue;
#pragma unroll 1
      for (int j = 0; j < 8 && column_ + j < out.columns; ++j) {
        Sum total = 0;
#pragma unroll
        for (int slot = 0; slot < kSlots; ++slot) {
          total += sums[(slot * kRows + tile_row) * kPitch + local_column_ + j];
        }
        if constexpr (kSame<Sum, int>) {
          if (out.column_sums != nullptr) total += out.column_sums[column_ + j];
        }
        ColumnExtras extras;
        visit_extras([&](int i, auto type) {
          const MatrixExtra& extra = out.extras[i];
          const auto* from = static_cast<const decltype(type)*>(extra.data);
          extras[i][0] = to_float(
              from[batch.offset(extra.batch) + row * extra.row + (column_ + j) * extra.column]);
        });
        finish_column(total, extras, y + row * out.row + j);
      }
    }
  }

  int local_row_, local_column_, column_;
  float vectors_[kExtras + 1][8];
};

}  // namespace ingot::kernels
