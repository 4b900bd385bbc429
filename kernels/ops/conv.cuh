// Convolution and transposed convolution of any shape: a tiled product of patches with filters,
// without tensor cores, sums in float; of integers exact: floats of kExactProducts products at a time
// are added up as int.
//
// Rows of the product are output positions, columns are the filters of a group, and the sum runs
// over taps and channels. Outputs of a transposed convolution are done in phases: those whose
// coordinates leave the same remainder by the strides see the same taps, so that no product with
// an inserted zero is computed.
//
// Generated before: types X, Bias and Out, kRows x kColumns of a tile, kThreadRows (4 or 8), kMaxTaps,
// kTransposed, kChannelsLast (of x and y), kPatchVector and kFilterVector (1, or 4: neighbouring
// channels and filters come in fours), the epilogue.
#include "kernels/common/image_epilogue.cuh"
#include "kernels/params/conv.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

constexpr int kDepth = 16;  // of the sum that is staged at a time
// A thread computes kThreadRows x 4, its rows in fours that are kRowStep apart.
constexpr int kThreads = kRows * kColumns / (kThreadRows * 4);
constexpr int kRowGroups = kThreadRows / 4, kRowStep = kRows / kRowGroups;
constexpr int kPatchLoads = kRows * kDepth / kThreads / kPatchVector;
constexpr int kFilterLoads = kColumns * kDepth / kThreads / kFilterVector;
static_assert(kPatchLoads > 0 && kFilterLoads > 0, "every thread loads");
// Rows of staged tiles are four floats longer: stores of neighbours hit different banks.
constexpr int kPatchPitch = kRows + 4, kFilterPitch = kColumns + 4;

/// A tap that this block's positions see.
struct ConvTap {
  int z, y, x;  ///< added to a position's coordinates in x
  int offset;   ///< the same in elements
  int filter;   ///< offset in w
};

/// Where the patch of a position begins in x.
struct ConvRow {
  long long offset;
  int z, y, x;
};

/// Output coordinates are phase + step * position.
struct ConvPhase {
  int phase[3], count[3], step[3];
};

__device__ inline ConvPhase this_phase(const WindowParams& window) {
  ConvPhase result;
  int rest = static_cast<int>(blockIdx.z);
  for (int axis = 2; axis >= 0; --axis) {
    const int step = kTransposed ? window.strides[axis] : 1;
    const int outputs = kTransposed ? window.image[axis] : window.positions[axis];
    result.step[axis] = step;
    result.phase[axis] = rest % step;
    result.count[axis] = (outputs - result.phase[axis] + step - 1) / step;
    rest /= step;
  }
  return result;
}

/// What a tap adds to the coordinate in x of a position; false if its phase does not see it.
__device__ inline bool tap_offset(const WindowParams& window, const ConvPhase& phase, int axis,
                                  int tap, int* offset) {
  const int reach = tap * window.dilations[axis] - window.begin_pads[axis];
  if constexpr (!kTransposed) {
    *offset = reach;
    return true;
  }
  const int at = phase.phase[axis] - reach;
  *offset = at / window.strides[axis];
  return at % window.strides[axis] == 0;
}

/// Fills in tap `index` of the kernel; false if the phase does not see it.
__device__ inline bool find_tap(const ConvParams& p, const ConvPhase& phase, int index,
                                ConvTap* tap) {
  const int* kernel = p.window.kernel;
  if (!tap_offset(p.window, phase, 0, index / (kernel[1] * kernel[2]), &tap->z) ||
      !tap_offset(p.window, phase, 1, index / kernel[2] % kernel[1], &tap->y) ||
      !tap_offset(p.window, phase, 2, index % kernel[2], &tap->x)) {
    return false;
  }
  tap->offset = tap->z * p.x_strides.z + tap->y * p.x_strides.y + tap->x * p.x_strides.x;
  tap->filter = index * p.w_tap;
  return true;
}

/// The taps that the phase sees, by all threads of the block.
__device__ inline void find_taps(const ConvParams& p, const ConvPhase& phase, ConvTap* taps,
                                 int* count) {
  const int all = p.window.kernel[0] * p.window.kernel[1] * p.window.kernel[2];
  const int thread = static_cast<int>(threadIdx.x);
  if constexpr (!kTransposed) {
    for (int i = thread; i < all; i += kThreads) find_tap(p, phase, i, &taps[i]);
    if (thread == 0) *count = all;
  } else if (thread == 0) {
    int found = 0;
    for (int i = 0; i < all; ++i) found += find_tap(p, phase, i, &taps[found]);
    *count = found;
  }
}

/// Position `row` of the phase, over the whole batch; n < 0 if there is none.
__device__ inline ImagePlace position(const ConvParams& p, const ConvPhase& phase, unsigned row) {
  ImagePlace place{-1, 0, 0, 0, 0};
  const unsigned per_image =
      static_cast<unsigned>(phase.count[0]) * phase.count[1] * phase.count[2];
  if (per_image == 0 || row >= per_image * p.batch) return place;
  place.n = static_cast<int>(row / per_image);
  const int rest = static_cast<int>(row % per_image);
  place.x = rest % phase.count[2];
  place.y = rest / phase.count[2] % phase.count[1];
  place.z = rest / phase.count[2] / phase.count[1];
  return place;
}

__device__ inline ConvRow patch_of(const ConvParams& p, const ImagePlace& at) {
  constexpr int kOutside = -(1 << 29);  // no tap leads from here into the image
  if (at.n < 0) return {0, kOutside, kOutside, kOutside};
  const WindowParams& window = p.window;
  ConvRow row{0, at.z, at.y, at.x};
  if constexpr (!kTransposed) {
    row.z *= window.strides[0];
    row.y *= window.strides[1];
    row.x *= window.strides[2];
  }
  row.offset = at.n * p.x_strides.n + static_cast<long long>(row.z) * p.x_strides.z +
               static_cast<long long>(row.y) * p.x_strides.y +
               static_cast<long long>(row.x) * p.x_strides.x;
  return row;
}

/// Elements of one stage that a thread moves from global to shared memory.
class ConvLoader {
 public:
  __device__ ConvLoader(const ConvParams& p, const ConvRow* rows, const ConvTap* taps,
                        int tap_count, int group, int first_filter)
      : p_(p), rows_(rows), taps_(taps), tap_count_(tap_count), first_filter_(first_filter) {
    x_ = static_cast<const X*>(p.x) + static_cast<long long>(group) * p.channels * p.x_strides.c;
    w_ = static_cast<const FactorOf<X>*>(p.w) + group * p.w_group;
  }

  /// Loads stage `first` (the index in the sum of its first row) into registers.
  __device__ void load(int first) {
    // The tap and the channel of the stage's first row; the others follow.
    const int tap = first / p_.channels, channel = first % p_.channels;
#pragma unroll
    for (int i = 0; i < kPatchLoads; ++i) {
      const Place at = patch_place(i);
      load_patch(tap, channel + at.depth, at.element, patch_[i]);
    }
#pragma unroll
    for (int i = 0; i < kFilterLoads; ++i) {
      const Place at = filter_place(i);
      load_filter(tap, channel + at.depth, at.element, filter_[i]);
    }
  }

  __device__ void store(float (*patches)[kPatchPitch], float (*filters)[kFilterPitch]) const {
#pragma unroll
    for (int i = 0; i < kPatchLoads; ++i) {
      const Place at = patch_place(i);
#pragma unroll
      for (int k = 0; k < kPatchVector; ++k) patches[at.depth + k][at.element] = patch_[i][k];
    }
#pragma unroll
    for (int i = 0; i < kFilterLoads; ++i) {
      const Place at = filter_place(i);
      store_vector<kFilterVector>(filter_[i], &filters[at.depth][at.element]);
    }
  }

 private:
  struct Place {
    int depth, element;
  };

  /// Neighbouring threads read neighbouring elements of x: channels, or positions.
  static __device__ Place patch_place(int i) {
    const int at = static_cast<int>(threadIdx.x) + i * kThreads;
    constexpr int kGroups = kDepth / kPatchVector;
    if constexpr (kChannelsLast) return {at % kGroups * kPatchVector, at / kGroups};
    return {at / kRows, at % kRows};
  }
  static __device__ Place filter_place(int i) {
    const int at = static_cast<int>(threadIdx.x) + i * kThreads;
    constexpr int kGroups = kColumns / kFilterVector;
    return {at / kGroups, at % kGroups * kFilterVector};
  }

  /// The tap of a channel that may be counted on into the next ones.
  __device__ void carry(int* tap, int* channel) const {
    while (*channel >= p_.channels) {
      *channel -= p_.channels;
      ++*tap;
    }
  }

  __device__ void load_patch(int tap, int channel, int element, float (&to)[kPatchVector]) const {
#pragma unroll
    for (int k = 0; k < kPatchVector; ++k) to[k] = 0;
    carry(&tap, &channel);
    if (tap >= tap_count_) return;
    const ConvTap& at = taps_[tap];
    const ConvRow& row = rows_[element];
    if (is_inside(0, row.z + at.z) && is_inside(1, row.y + at.y) && is_inside(2, row.x + at.x)) {
      load_elements<kPatchVector>(
          x_ + (row.offset + at.offset + static_cast<long long>(channel) * p_.x_strides.c), to);
#pragma unroll
      for (int k = 0; k < kPatchVector; ++k) to[k] = centred(p_, to[k]);
    }
  }

  __device__ bool is_inside(int axis, int coordinate) const {
    const int size = kTransposed ? p_.window.positions[axis] : p_.window.image[axis];
    return coordinate >= 0 && coordinate < size;
  }

  __device__ void load_filter(int tap, int channel, int element, float (&to)[kFilterVector]) const {
#pragma unroll
    for (int k = 0; k < kFilterVector; ++k) to[k] = 0;
    carry(&tap, &channel);
    const int filter = first_filter_ + element;
    if (tap >= tap_count_ || filter >= p_.filters) return;
    load_vector<kFilterVector>(
        w_ + (taps_[tap].filter + static_cast<long long>(channel) * p_.w_channel +
              static_cast<long long>(filter) * p_.w_filter),
        to);
  }

  const ConvParams& p_;
  const ConvRow* rows_;
  const ConvTap* taps_;
  int tap_count_, first_filter_;
  const X* x_;
  const FactorOf<X>* w_;
  float patch_[kPatchLoads][kPatchVector], filter_[kFilterLoads][kFilterVector];
};

/// Bias, epilogue and store of four neighbouring filters at a place.
__device__ inline void finish_filters(const ConvParams& p, const ImagePlace& place, int available,
                                      SumOf<X> (&totals)[4]) {
  Out* y = static_cast<Out*>(p.y) + place.n * p.y_strides.n +
           static_cast<long long>(place.z) * p.y_strides.z +
           static_cast<long long>(place.y) * p.y_strides.y +
           static_cast<long long>(place.x) * p.y_strides.x +
           static_cast<long long>(place.c) * p.y_strides.c;
  if (p.bias != nullptr) {
    BiasOf<Bias> biases[4];
    load_biases(static_cast<const Bias*>(p.bias) + place.c, available, biases);
    add_biases(biases, totals);
  }
  float sums[4];
#pragma unroll
  for (int i = 0; i < 4; ++i) sums[i] = static_cast<float>(totals[i]);
  if (kChannelsLast && p.y_vectors && available >= 4) {
    apply_epilogue(p.epilogue, place, sums);
    store_vector<4>(sums, y);
    return;
  }
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    if (i >= available) break;
    float sum[1] = {sums[i]};
    apply_epilogue(p.epilogue, {place.n, place.c + i, place.z, place.y, place.x}, sum);
    y[static_cast<long long>(i) * p.y_strides.c] = from_float<Out>(sum[0]);
  }
}

extern "C" __global__ void __launch_bounds__(kThreads) conv(const ConvParams p) {
  begin_grid();
  alignas(16) __shared__ float patches[kDepth][kPatchPitch];
  alignas(16) __shared__ float filters[kDepth][kFilterPitch];
  __shared__ ConvRow rows[kRows];
  __shared__ ConvTap taps[kMaxTaps];
  __shared__ int tap_count;

  const ConvPhase phase = this_phase(p.window);
  const unsigned first_row = blockIdx.x * kRows;
  const int blocks_of_filters = (p.filters + kColumns - 1) / kColumns;
  const int group = static_cast<int>(blockIdx.y) / blocks_of_filters;
  const int first_filter = static_cast<int>(blockIdx.y) % blocks_of_filters * kColumns;
  const int thread = static_cast<int>(threadIdx.x);
  if (position(p, phase, first_row).n < 0) return;  // phases differ in size

  for (int i = thread; i < kRows; i += kThreads) {
    rows[i] = patch_of(p, position(p, phase, first_row + i));
  }
  find_taps(p, phase, taps, &tap_count);
  __syncthreads();

  // Threads of a warp store neighbouring elements of y.
  constexpr int kAcross = kChannelsLast ? kColumns / 4 : kRowStep / 4;
  const int row = (kChannelsLast ? thread / kAcross : thread % kAcross) * 4;
  const int column = (kChannelsLast ? thread % kAcross : thread / kAcross) * 4;
  float sums[kThreadRows][4] = {};
  SumOf<X> totals[kThreadRows][4] = {};
  const auto take_sums = [&] {
#pragma unroll
    for (int i = 0; i < kThreadRows; ++i) {
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        totals[i][j] += static_cast<SumOf<X>>(sums[i][j]);
        sums[i][j] = 0;
      }
    }
  };
  const int depth = tap_count * p.channels;
  ConvLoader loader(p, rows, taps, tap_count, group, first_filter);
  if (depth > 0) loader.load(0);
  for (int first = 0; first < depth; first += kDepth) {
    __syncthreads();
    loader.store(patches, filters);
    __syncthreads();
    if (first + kDepth < depth) loader.load(first + kDepth);
#pragma unroll
    for (int k = 0; k < kDepth; ++k) {
      float a[kThreadRows], b[4];
#pragma unroll
      for (int i = 0; i < kRowGroups; ++i) {
        load_vector<4>(&patches[k][row + i * kRowStep], a + 4 * i);
      }
      load_vector<4>(&filters[k][column], b);
#pragma unroll
      for (int i = 0; i < kThreadRows; ++i) {
#pragma unroll
        for (int j = 0; j < 4; ++j) sums[i][j] += a[i] * b[j];
      }
    }
    if (kIsByte<X> && (first / kDepth + 1) % (kExactProducts / kDepth) == 0) take_sums();
  }
  take_sums();

  const int available = p.filters - first_filter - column;
  if (available <= 0) return;
#pragma unroll
  for (int i = 0; i < kThreadRows; ++i) {
    ImagePlace place = position(p, phase, first_row + row + i / 4 * kRowStep + i % 4);
    if (place.n < 0) break;
    place.c = group * p.filters + first_filter + column;
    place.z = phase.phase[0] + phase.step[0] * place.z;
    place.y = phase.phase[1] + phase.step[1] * place.y;
    place.x = phase.phase[2] + phase.step[2] * place.x;
    finish_filters(p, place, available, totals[i]);
  }
}

}  // namespace ingot::kernels
