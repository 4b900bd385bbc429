// Pixel by pixel: vectors of channels are added up under the window, divided and stored.
#include "runtime/cpu/integer/mean_pool.h"

#include <algorithm>

#include "runtime/cpu/kernels/integer_depthwise_table.h"
#include "runtime/cpu/kernels/pointwise_table.h"
#include "runtime/cpu/parallel.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

constexpr double kNanosecondsPerElement = 0.05;

/// The part of a window of `kernel` taps at `origin` that lies on [0, size): [first, last).
struct Range {
  int64_t first, last;
};
Range inside(int64_t origin, int64_t kernel, int64_t dilation, int64_t size) {
  const int64_t before = origin < 0 ? (-origin + dilation - 1) / dilation : 0;
  const int64_t until = size > origin ? (size - origin + dilation - 1) / dilation : 0;
  return {std::min(before, kernel), std::max(std::min(until, kernel), std::min(before, kernel))};
}

}  // namespace

IntegerMeanPool::IntegerMeanPool(const StepContext& context, const IntegerWindows& windows,
                                 bool count_padding)
    : windows_(windows), y_(context.outputs()[0]), count_padding_(count_padding) {
  const auto elements =
      static_cast<double>(windows.rows()) * static_cast<double>(windows.taps() * windows.groups);
  threads_ = worthwhile_threads(context.threads(), elements * kNanosecondsPerElement);
  // Sums, and the means that are made of them.
  thread_bytes_ = static_cast<size_t>(windows.groups + 16) / 16 * 16 * 2 * sizeof(float);
}

size_t IntegerMeanPool::scratch_bytes() const {
  return static_cast<size_t>(threads_) * thread_bytes_;
}

template <typename T>
void IntegerMeanPool::run_rows(const StepMemory& memory, char* scratch, int64_t begin,
                               int64_t end) const {
  const IntegerWindows& w = windows_;
  const int64_t channels = w.groups;
  auto* sums = reinterpret_cast<int32_t*>(scratch);
  auto* means = reinterpret_cast<float*>(scratch + thread_bytes_ / 2);
  const auto* x = static_cast<const T*>(memory.inputs[0]);
  const IntegerDepthwiseTable& table = integer_depthwise();
  const auto element = static_cast<int64_t>(dtype_bytes(y_.dtype));
  const int rank = y_.shape.rank();
  for (int64_t row = begin; row < end; ++row) {
    int64_t rest = row, offset = 0, taps = 1;
    Range range[3];
    int64_t origin[3];
    for (int axis = 2; axis >= 0; --axis) {
      const int64_t at = rest % w.out[axis];
      rest /= w.out[axis];
      origin[axis] = at * w.stride[axis] - w.begin[axis];
      range[axis] = inside(origin[axis], w.kernel[axis], w.dilation[axis], w.in[axis]);
      taps *= range[axis].last - range[axis].first;
      if (const int own = axis + rank - 3; own >= 2) offset += at * y_.strides[own];
    }
    offset += rest * y_.strides[0];
    std::fill_n(sums, channels, 0);
    for (int64_t z = range[0].first; z < range[0].last; ++z) {
      for (int64_t y = range[1].first; y < range[1].last; ++y) {
        for (int64_t c = range[2].first; c < range[2].last; ++c) {
          const T* pixel = x + rest * w.image_step + (origin[0] + z * w.dilation[0]) * w.step[0] +
                           (origin[1] + y * w.dilation[1]) * w.step[1] +
                           (origin[2] + c * w.dilation[2]) * w.step[2];
          if constexpr (std::is_signed_v<T>) {
            table.add_signed(pixel, channels, sums);
          } else {
            table.add_unsigned(pixel, channels, sums);
          }
        }
      }
    }
    const int64_t count = std::max<int64_t>(1, count_padding_ ? w.taps() : taps);
    for (int64_t c = 0; c < channels; ++c) {
      means[c] = static_cast<float>(sums[c]) / static_cast<float>(count);
    }
    pointwise().store(y_.dtype, means, channels, {1, channels, channels, 1},
                      static_cast<char*>(memory.outputs[0]) + offset * element);
  }
}

void IntegerMeanPool::run(const StepMemory& memory) {
  const int64_t rows = windows_.rows();
  parallel_ranges(threads_, threads_, [&](int64_t first, int64_t last) {
    for (int64_t thread = first; thread < last; ++thread) {
      char* scratch =
          static_cast<char*>(memory.scratch) + static_cast<size_t>(thread) * thread_bytes_;
      const int64_t begin = rows * thread / threads_, end = rows * (thread + 1) / threads_;
      if (windows_.dtype == DType::kI8) {
        run_rows<int8_t>(memory, scratch, begin, end);
      } else {
        run_rows<uint8_t>(memory, scratch, begin, end);
      }
    }
  });
}

}  // namespace ingot
