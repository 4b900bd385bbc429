// Attention on tensor cores: softmax(Q K^T * scale + mask) V with the softmax taken online, so that
// scores live in registers only. A block of threads owns kRows queries of one head and
// goes over the keys kKeys at a time; kKeyWarps warps share each block of keys, and their sums are
// joined at the end. Fewer queries a block give more blocks, for batches too small to fill the GPU.
//
// The preamble defines: Element (half_t, bfloat16_t), Mask (a float type, or unsigned char for a
// mask of bools), kMasked, kHeadSize and kValueSize (multiples of 16), kQueryWarps, kRowParts
// (16 queries each, of a warp), kKeyWarps, kKeys, kStages.
#include "kernels/common/attention_mask.cuh"
#include "kernels/common/shared.cuh"
#include "kernels/common/vector.cuh"
#include "kernels/params/attention.h"
#include "kernels/ptx/cp_async.cuh"
#include "kernels/ptx/exp2.cuh"
#include "kernels/ptx/grid_dependency.cuh"
#include "kernels/ptx/ldmatrix.cuh"
#include "kernels/ptx/mma.cuh"

namespace ingot::kernels {

constexpr int kThreads = 32 * kQueryWarps * kKeyWarps;
constexpr int kRows = 16 * kRowParts * kQueryWarps;
constexpr int kWarpKeys = kKeys / kKeyWarps;
constexpr int kKeyTiles = kWarpKeys / 8, kHeadSteps = kHeadSize / 16;
constexpr int kValueTiles = kValueSize / 8;
// Rows are padded by 16 bytes: ldmatrix then reads eight rows without a bank conflict.
constexpr int kKeyPitch = kHeadSize + 8, kValuePitch = kValueSize + 8, kSumPitch = kValueSize + 4;
constexpr float kLog2E = 1.4426950408889634F;
// Exponents are base 2 of scores times a factor, as one multiplication and addition. Masks of floats
// and of bfloat16_t may come near the largest float and must not overflow: there the maximum is
// subtracted first.
constexpr bool kMayOverflow = kMasked && (sizeof(Mask) == 4 || kSame<Mask, bfloat16_t>);

/// Copies tiles of kCount rows of kWidth elements to shared memory, one after another. Addresses are
/// computed once. Rows from the last on are the last once more: their scores are cut off.
template <int kCount, int kWidth>
class RowCopies {
  static constexpr int kChunks = kWidth / 8, kPitch = kWidth + 8;
  static constexpr int kPieces = (kCount * kChunks + kThreads - 1) / kThreads;
  static constexpr bool kEven = kThreads % kChunks == 0;  // a thread copies the same piece of rows

 public:
  __device__ RowCopies(const Element* from, long long stride, int rows, int length, bool aligned)
      : from_(from), stride_(stride), rows_(rows), length_(length), aligned_(aligned) {
#pragma unroll
    for (int i = 0; i < kPieces; ++i) offset_[i] = row(i) * static_cast<int>(stride) + chunk(i) * 8;
  }

  /// Starts to copy the next tile to `to`.
  __device__ void start(Element* to) {
    if (aligned_ && rows_ >= kCount) {
#pragma unroll
      for (int i = 0; i < kPieces; ++i) copy(to, i, offset_[i]);
    } else if (aligned_) {
#pragma unroll
      for (int i = 0; i < kPieces; ++i) {
        copy(to, i, min(row(i), rows_ - 1) * static_cast<int>(stride_) + chunk(i) * 8);
      }
    } else {
#pragma unroll 1
      for (int i = static_cast<int>(threadIdx.x); i < kCount * kWidth; i += kThreads) {
        const int line = i / kWidth, column = i % kWidth;
        to[line * kPitch + column] =
            line < rows_ && column < length_ ? from_[line * stride_ + column] : Element{};
      }
    }
    from_ += kCount * stride_;
    rows_ -= kCount;
  }

 private:
  __device__ static int row(int i) {
    const int thread = static_cast<int>(threadIdx.x);
    return kEven ? thread / kChunks + i * (kThreads / kChunks) : (thread + i * kThreads) / kChunks;
  }
  __device__ static int chunk(int i) {
    const int thread = static_cast<int>(threadIdx.x);
    return kEven ? thread % kChunks : (thread + i * kThreads) % kChunks;
  }
  __device__ void copy(Element* to, int i, int offset) const {
    if (kCount * kChunks % kThreads != 0 && row(i) >= kCount) return;
    cp_async_16(to + row(i) * kPitch + chunk(i) * 8, from_ + offset, chunk(i) * 8 < length_);
  }

  const Element* from_;
  long long stride_;
  int rows_, length_;
  bool aligned_;
  int offset_[kPieces];
};

/// The mask's values for this thread's scores: rows `row` and row + 8, pairs of keys from
/// first_key on in steps of 8. Outside the matrix they are left alone.
__device__ inline void load_mask(Mask (&values)[kKeyTiles][4], const AttentionParams& p,
                                 const Mask* mask, int row, int first_key) {
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    if (half == 1 && p.mask_strides.row == 0) {
#pragma unroll
      for (int tile = 0; tile < kKeyTiles; ++tile) {
        values[tile][2] = values[tile][0];
        values[tile][3] = values[tile][1];
      }
      continue;
    }
    const int query = row + 8 * half < p.queries ? row + 8 * half : p.queries - 1;
    const Mask* line = mask + query * p.mask_strides.row;
    if (p.mask_pairs && first_key + (kKeyTiles - 1) * 8 < p.keys) {
      struct alignas(2 * sizeof(Mask)) Word {
        Mask first, second;
      };
      const auto* words = reinterpret_cast<const Word*>(line + first_key);
#pragma unroll
      for (int tile = 0; tile < kKeyTiles; ++tile) {
        const Word word = words[tile * 4];
        values[tile][2 * half] = word.first;
        values[tile][2 * half + 1] = word.second;
      }
    } else {
#pragma unroll
      for (int tile = 0; tile < kKeyTiles; ++tile) {
        const int key = first_key + tile * 8;
        if (key < p.keys) values[tile][2 * half] = line[key * p.mask_key_stride];
        if (key + 1 < p.keys) values[tile][2 * half + 1] = line[(key + 1) * p.mask_key_stride];
      }
    }
  }
}

/// Scores of one block of keys, from sums of products to what softmax is taken of; without a mask
/// they remain to be scaled.
__device__ inline void mask_scores(float (&scores)[kKeyTiles][4], const Mask (&mask)[kKeyTiles][4],
                                   const AttentionParams& p, int row, int first_key, bool cut) {
  if constexpr (kMasked) {
#pragma unroll
    for (int tile = 0; tile < kKeyTiles; ++tile) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        scores[tile][i] = masked(scores[tile][i] * p.scale, mask[tile][i]);
      }
    }
  }
  if (!cut) return;
#pragma unroll
  for (int tile = 0; tile < kKeyTiles; ++tile) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int key = first_key + tile * 8 + i % 2;
      if (key >= p.keys || (p.causal && key > row + i / 2 * 8)) scores[tile][i] = minus_infinity();
    }
  }
}

/// 2 to the power of (x - base) * factor.
__device__ inline float exponential(float x, float base, float factor) {
  if constexpr (kMayOverflow) return fast_exp2((x - base) * factor);
  return fast_exp2(x * factor - base * factor);
}

/// Maximum or sum of the four lanes that hold one row.
__device__ inline float row_max(float x) {
  x = fmaxf(x, __shfl_xor_sync(~0U, x, 1));
  return fmaxf(x, __shfl_xor_sync(~0U, x, 2));
}
__device__ inline float row_sum(float x) {
  x += __shfl_xor_sync(~0U, x, 1);
  return x + __shfl_xor_sync(~0U, x, 2);
}

/// Results and softmax state of this warp's rows so far.
struct RunningRows {
  float out[kValueTiles][4] = {};
  float peak[2] = {minus_infinity(), minus_infinity()};
  float sum[2] = {0, 0};  // of this lane's columns

  /// Turns scores into exponentials against the new maximum, and scales what there is to it.
  __device__ void absorb(float (&scores)[kKeyTiles][4], float factor) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float top = peak[half];
#pragma unroll
      for (int tile = 0; tile < kKeyTiles; ++tile) {
        top = fmaxf(top, fmaxf(scores[tile][2 * half], scores[tile][2 * half + 1]));
      }
      top = row_max(top);
      // A row without any key so far: its exponentials are of minus infinity, not of a NaN.
      const float base = top == minus_infinity() ? 0.0F : top;
      const float shrink = exponential(peak[half], base, factor);
      peak[half] = top;
      float total = 0;
#pragma unroll
      for (int tile = 0; tile < kKeyTiles; ++tile) {
#pragma unroll
        for (int i = 2 * half; i < 2 * half + 2; ++i) {
          scores[tile][i] = exponential(scores[tile][i], base, factor);
          total += scores[tile][i];
        }
      }
      sum[half] = sum[half] * shrink + total;
#pragma unroll
      for (int tile = 0; tile < kValueTiles; ++tile) {
        out[tile][2 * half] *= shrink;
        out[tile][2 * half + 1] *= shrink;
      }
    }
  }
};

/// Joins the key warps' sums, which lie in shared memory, and writes the rows.
__device__ inline void write_rows(const float* sums, const AttentionParams& p, Element* y, int rows,
                                  float factor) {
  const float* peaks = sums + kKeyWarps * kRows * kSumPitch;
  const float* totals = peaks + kKeyWarps * kRows;
  constexpr int kChunks = kValueSize / 8;
  for (int i = static_cast<int>(threadIdx.x); i < kRows * kChunks; i += kThreads) {
    const int row = i / kChunks, column = i % kChunks * 8;
    if (row >= rows || column >= p.value_size) continue;
    float top = peaks[row];
#pragma unroll
    for (int warp = 1; warp < kKeyWarps; ++warp) top = fmaxf(top, peaks[warp * kRows + row]);
    const float base = top == minus_infinity() ? 0.0F : top;
    float total = 0, result[8] = {};
#pragma unroll
    for (int warp = 0; warp < kKeyWarps; ++warp) {
      const float weight = exponential(peaks[warp * kRows + row], base, factor);
      total += totals[warp * kRows + row] * weight;
      const float* part = sums + (warp * kRows + row) * kSumPitch + column;
#pragma unroll
      for (int j = 0; j < 8; ++j) result[j] += part[j] * weight;
    }
    const float factor = total > 0 ? 1.0F / total : 0.0F;
    Element* line = y + row * p.y_strides.row + column;
    if (p.y_aligned) {
      uint4 packed;
      packed.x = pack_pair<Element>(result[0] * factor, result[1] * factor);
      packed.y = pack_pair<Element>(result[2] * factor, result[3] * factor);
      packed.z = pack_pair<Element>(result[4] * factor, result[5] * factor);
      packed.w = pack_pair<Element>(result[6] * factor, result[7] * factor);
      *reinterpret_cast<uint4*>(line) = packed;
    } else {
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        if (column + j < p.value_size) line[j] = from_float<Element>(result[j] * factor);
      }
    }
  }
}

extern "C" __global__ void __launch_bounds__(kThreads) attention_mma(const AttentionParams p) {
  auto* const shared_q = reinterpret_cast<Element*>(dynamic_shared_memory());
  Element* const shared_k = shared_q + kRows * kKeyPitch;
  Element* const shared_v = shared_k + kStages * kKeys * kKeyPitch;
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  const int query_warp = warp % kQueryWarps, key_warp = warp / kQueryWarps;

  const int tile = static_cast<int>(blockIdx.x) % p.query_tiles;
  const int pair = static_cast<int>(blockIdx.x) / p.query_tiles;
  const int head = pair % p.heads, batch = pair / p.heads, group = head / p.heads_per_group;
  const int first_query = tile * kRows, rows = p.queries - first_query;
  const auto* q = static_cast<const Element*>(p.q) + batch * p.q_strides.batch +
                  head * p.q_strides.head + first_query * p.q_strides.row;
  const auto* k =
      static_cast<const Element*>(p.k) + batch * p.k_strides.batch + group * p.k_strides.head;
  const auto* v =
      static_cast<const Element*>(p.v) + batch * p.v_strides.batch + group * p.v_strides.head;
  const auto* mask =
      static_cast<const Mask*>(p.mask) + batch * p.mask_strides.batch + head * p.mask_strides.head;

  int keys = p.keys;  // the last that any of these queries sees
  if (p.causal && first_query + kRows < keys) keys = first_query + kRows;
  const int blocks = (keys + kKeys - 1) / kKeys;
  RowCopies<kRows, kHeadSize> q_copies(q, p.q_strides.row, rows, p.head_size, p.q_aligned);
  RowCopies<kKeys, kHeadSize> k_copies(k, p.k_strides.row, p.keys, p.head_size, p.k_aligned);
  RowCopies<kKeys, kValueSize> v_copies(v, p.v_strides.row, p.keys, p.value_size, p.v_aligned);
  const auto load_block = [&](int block, int stage) {
    if (block < blocks) {
      k_copies.start(shared_k + stage * kKeys * kKeyPitch);
      v_copies.start(shared_v + stage * kKeys * kValuePitch);
    }
    cp_async_commit();
  };

  wait_for_previous_grid();
  release_next_grid();
  q_copies.start(shared_q);
#pragma unroll
  for (int stage = 0; stage < kStages - 1; ++stage) load_block(stage, stage);

  const int row = first_query + query_warp * 16 * kRowParts + lane / 4;
  const float factor = kMasked ? kLog2E : p.scale * kLog2E;
  const SharedAddress queries_from = shared_address(
      shared_q + (query_warp * 16 * kRowParts + lane % 16) * kKeyPitch + lane / 16 * 8);
  const SharedAddress keys_from = shared_address(
      shared_k + (key_warp * kWarpKeys + lane % 8 + lane / 16 * 8) * kKeyPitch + lane / 8 % 2 * 8);
  const SharedAddress values_from =
      shared_address(shared_v + (key_warp * kWarpKeys + lane % 16) * kValuePitch + lane / 16 * 8);
  unsigned queries[kRowParts][kHeadSteps][4];
  RunningRows state[kRowParts];
  int stage = 0, ahead = kStages - 1;
#pragma unroll 1
  for (int block = 0; block < blocks; ++block) {
    const int first_key = block * kKeys + key_warp * kWarpKeys + lane % 4 * 2;
    Mask mask_values[kRowParts][kKeyTiles][4];
    if constexpr (kMasked) {
#pragma unroll
      for (int part = 0; part < kRowParts; ++part) {
        load_mask(mask_values[part], p, mask, row + part * 16, first_key);
      }
    }
    if constexpr (kStages == 1) {
      if (block > 0) __syncthreads();
      load_block(block, 0);
      cp_async_wait<0>();
    } else {
      cp_async_wait<kStages - 2>();
    }
    __syncthreads();
    if (block == 0) {
#pragma unroll
      for (int part = 0; part < kRowParts; ++part) {
#pragma unroll
        for (int step = 0; step < kHeadSteps; ++step) {
          ldmatrix(queries[part][step], queries_from + (part * 16 * kKeyPitch * 2 + step * 32));
        }
      }
    }
    if constexpr (kStages > 1) load_block(block + kStages - 1, ahead);

    float scores[kRowParts][kKeyTiles][4] = {};
#pragma unroll
    for (int step = 0; step < kHeadSteps; ++step) {
      unsigned b[kKeyTiles / 2][4];
#pragma unroll
      for (int j = 0; j < kKeyTiles / 2; ++j) {
        ldmatrix(b[j],
                 keys_from + (stage * kKeys * kKeyPitch * 2 + j * 16 * kKeyPitch * 2 + step * 32));
      }
#pragma unroll
      for (int part = 0; part < kRowParts; ++part) {
#pragma unroll
        for (int j = 0; j < kKeyTiles; ++j) {
          mma_16816(scores[part][j], queries[part][step], b[j / 2][j % 2 * 2],
                    b[j / 2][j % 2 * 2 + 1], Element{});
        }
      }
    }
    const bool cut = p.causal || (block + 1) * kKeys > p.keys;
#pragma unroll
    for (int part = 0; part < kRowParts; ++part) {
      mask_scores(scores[part], mask_values[part], p, row + part * 16, first_key, cut);
      state[part].absorb(scores[part], factor);
    }

#pragma unroll
    for (int step = 0; step < kKeyTiles / 2; ++step) {
      unsigned b[kValueTiles / 2][4];
#pragma unroll
      for (int j = 0; j < kValueTiles / 2; ++j) {
        ldmatrix_transposed(b[j], values_from + (stage * kKeys * kValuePitch * 2 +
                                                 step * 16 * kValuePitch * 2 + j * 32));
      }
#pragma unroll
      for (int part = 0; part < kRowParts; ++part) {
        unsigned a[4];
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          const float* from = &scores[part][2 * step + i / 2][i % 2 * 2];
          a[i] = pack_pair<Element>(from[0], from[1]);
        }
#pragma unroll
        for (int j = 0; j < kValueTiles; ++j) {
          mma_16816(state[part].out[j], a, b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1], Element{});
        }
      }
    }
    stage = stage == kStages - 1 ? 0 : stage + 1;
    ahead = ahead == kStages - 1 ? 0 : ahead + 1;
  }

  cp_async_wait<0>();
  __syncthreads();
  auto* const sums = reinterpret_cast<float*>(shared_k);
#pragma unroll
  for (int part = 0; part < kRowParts; ++part) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int at = key_warp * kRows + (query_warp * kRowParts + part) * 16 + lane / 4 + 8 * half;
#pragma unroll
      for (int j = 0; j < kValueTiles; ++j) {
        float* to = sums + at * kSumPitch + j * 8 + lane % 4 * 2;
        to[0] = state[part].out[j][2 * half];
        to[1] = state[part].out[j][2 * half + 1];
      }
      const float total = row_sum(state[part].sum[half]);
      if (lane % 4 == 0) {
        sums[kKeyWarps * kRows * kSumPitch + at] = state[part].peak[half];
        sums[kKeyWarps * kRows * (kSumPitch + 1) + at] = total;
      }
    }
  }
  __syncthreads();
  write_rows(sums, p,
             static_cast<Element*>(p.y) + batch * p.y_strides.batch + head * p.y_strides.head +
                 first_query * p.y_strides.row,
             rows, factor);
}

}  // namespace ingot::kernels
