// NonMaxSuppression. The preamble gives the types Boxes and Scores. A block does one class: the best box
// left stays, those that overlap it go, until none is left. Then one block writes what stays in
// order. Arithmetic is rounded as the reference's: a box at the threshold must fall on the same side.
#include "kernels/common/order.cuh"
#include "kernels/common/reduce.cuh"
#include "kernels/params/nms.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

using Key = unsigned long long;

constexpr int kMostWords = 8192;  // a bit for each box that is left, of 262144 boxes

__device__ inline float as_float(float x) { return x; }
__device__ inline float as_float(half_t x) { return to_float(x); }
__device__ inline float as_float(bfloat16_t x) { return to_float(x); }

struct Box {
  float x0, y0, x1, y1;
  __device__ float area() const { return __fmul_rn(x1 - x0, y1 - y0); }
};

__device__ inline Box read_box(const NmsParams& p, long long index) {
  const Boxes* c = static_cast<const Boxes*>(p.boxes) + 4 * index;
  const float a = as_float(c[0]), b = as_float(c[1]), d = as_float(c[2]), e = as_float(c[3]);
  if (p.center_points) return {a - d / 2, b - e / 2, a + d / 2, b + e / 2};
  return {fminf(b, e), fminf(a, d), fmaxf(b, e), fmaxf(a, d)};
}

__device__ inline bool overlap(const Box& a, const Box& b, float threshold) {
  const float width = fminf(a.x1, b.x1) - fmaxf(a.x0, b.x0);
  const float height = fminf(a.y1, b.y1) - fmaxf(a.y0, b.y0);
  const float first = a.area(), second = b.area();
  if (width <= 0 || height <= 0 || first <= 0 || second <= 0) return false;
  const float both = __fmul_rn(width, height);
  return both / (first + second - both) > threshold;
}

struct LargerKey {
  __device__ Key operator()(Key a, Key b) const { return a > b ? a : b; }
};

extern "C" __global__ void __launch_bounds__(512) nms_select(const NmsParams p) {
  begin_grid();
  __shared__ unsigned left[kMostWords];
  __shared__ Key best_of_warps[32];
  const int group = blockIdx.x, lane = threadIdx.x % 32;
  const int warp = threadIdx.x / 32, warps = blockDim.x / 32, words = (p.count + 31) / 32;
  const Scores* scores = static_cast<const Scores*>(p.scores) + 1LL * group * p.count;
  const long long first_box = 1LL * (group / p.classes) * p.count;
  int kept = 0;
  Box last{};
  while (kept < p.limit) {
    // A warp owns its words of `left`: nobody else reads or writes them.
    Key best = 0;
    for (int word = warp; word < words; word += warps) {
      const int i = 32 * word + lane;
      bool stays = i < p.count;
      if (kept == 0) {
        stays = stays && (!p.has_score || as_float(scores[i]) > p.score);
      } else {
        const unsigned before = left[word];
        if (before == 0) continue;
        stays = stays && (before >> lane & 1U) != 0;
        if (stays) stays = !overlap(read_box(p, first_box + i), last, p.overlap);
      }
      const unsigned now = __ballot_sync(0xffffffffU, stays);
      if (lane == 0) left[word] = now;
      if (stays) {
        const Key key = static_cast<Key>(order_of(scores[i])) << 32 | ~static_cast<unsigned>(i);
        best = best > key ? best : key;
      }
      __syncwarp();
    }
    best = block_fold(best, Key{0}, LargerKey(), best_of_warps);
    if (best == 0) break;
    const int index = static_cast<int>(~static_cast<unsigned>(best));
    if (threadIdx.x == 0) p.kept[1LL * group * p.limit + kept] = index;
    // It overlaps itself, unless it is empty.
    if (index / 32 % warps == warp && lane == 0) left[index / 32] &= ~(1U << index % 32);
    __syncwarp();
    last = read_box(p, first_box + index);
    ++kept;
  }
  if (threadIdx.x == 0) p.kept_counts[group] = kept;
}

extern "C" __global__ void __launch_bounds__(256) nms_pack(const NmsParams p) {
  begin_grid();
  long long at = 0;
  for (int group = 0; group < p.batches * p.classes; ++group) {
    const int kept = p.kept_counts[group];
    for (int i = threadIdx.x; i < kept; i += blockDim.x) {
      long long* triple = p.picked + 3 * (at + i);
      triple[0] = group / p.classes;
      triple[1] = group % p.classes;
      triple[2] = p.kept[1LL * group * p.limit + i];
    }
    at += kept;
  }
  if (threadIdx.x == 0) *p.total = at;
}

}  // namespace ingot::kernels
