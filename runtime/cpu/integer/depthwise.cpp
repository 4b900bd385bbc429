// Depthwise convolution of integers: see the header. Taps outside of the image read a pixel that
// holds the zero point, whose share of the sum is a constant of the channel.
#include "runtime/cpu/integer/depthwise.h"

#include <algorithm>

#include "runtime/cpu/kernels/integer_depthwise_table.h"
#include "runtime/cpu/parallel.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

constexpr int64_t kBlockSums = 16384;  ///< sums of a block: 64 KiB
constexpr double kNanosecondsPerProduct = 0.03;

}  // namespace

int depthwise_weight_place(int channel, int group) {
  // Vectors hold the lower (then the upper) four channels of every eight.
  const int eight = channel / 8, half = channel % 8 / 4, lane = channel % 4;
  return half * group + eight * 8 + lane * 2;
}

IntegerDepthwise::IntegerDepthwise(const StepContext& context, const IntegerWindows& windows)
    : windows_(windows),
      finisher_(context, 3, 1),
      pairs_(static_cast<int>((windows.taps() + 1) / 2)) {
  if (windows.taps() > kMostTaps) unsupported(context, "a window of more than 128 elements");
  const int group = integer_depthwise().group;
  padded_channels_ = (windows.groups + group - 1) / group * group;
  block_rows_ = std::max<int64_t>(1, kBlockSums / std::max<int64_t>(padded_channels_, 1));
  block_rows_ = std::min(block_rows_, std::max<int64_t>(windows.rows(), 1));
  const auto products =
      static_cast<double>(windows.rows()) * static_cast<double>(windows.groups * windows.taps());
  threads_ = worthwhile_threads(context.threads(), products * kNanosecondsPerProduct);
  pack(context);
  const int64_t blocks = (windows.rows() + block_rows_ - 1) / block_rows_;
  if (blocks == 0) return;
  finisher_.expect(block_rows_, windows.groups, padded_channels_);
  finisher_.expect(windows.rows() - (blocks - 1) * block_rows_, windows.groups, padded_channels_);
}

void IntegerDepthwise::pack(const StepContext& context) {
  const StepTensor& w = context.inputs()[1];
  if (w.constant == nullptr) unsupported(context, "weights that are not there in plain form");
  const auto* from = static_cast<const int8_t*>(w.constant);
  const int group = integer_depthwise().group;
  const int64_t taps = windows_.taps(), channels = windows_.groups;
  weights_.assign(static_cast<size_t>(padded_channels_ * pairs_ * 2), 0);
  start_.assign(static_cast<size_t>(padded_channels_), 0);
  for (int64_t c = 0; c < channels; ++c) {
    const int64_t place = depthwise_weight_place(static_cast<int>(c % group), group);
    int32_t total = 0;
    for (int64_t tap = 0; tap < taps; ++tap) {
      const int64_t vectors = (c / group * pairs_ + tap / 2) * 2 * group;
      weights_[static_cast<size_t>(vectors + place + tap % 2)] = from[c * taps + tap];
      total += from[c * taps + tap];
    }
    start_[static_cast<size_t>(c)] = -windows_.zero * total;
  }
  if (has_input(context, 2)) {
    const std::vector<int64_t> bias = constant_integers(context, 2);
    for (size_t c = 0; c < bias.size(); ++c) start_[c] += static_cast<int32_t>(bias[c]);
  }
  outside_.assign(static_cast<size_t>(padded_channels_), static_cast<uint8_t>(windows_.zero));
}

size_t IntegerDepthwise::scratch_bytes() const {
  return static_cast<size_t>(threads_ * block_rows_ * padded_channels_) * sizeof(int32_t) +
         finisher_.scratch_bytes();
}

std::string IntegerDepthwise::implementation() const {
  return kernel_isa_name() + finisher_.implementation();
}

template <typename T>
void IntegerDepthwise::run_rows(const StepMemory& memory, int32_t* sums, int64_t begin,
                                int64_t end) const {
  const IntegerWindows& w = windows_;
  const auto* x = static_cast<const T*>(memory.inputs[0]);
  const auto* outside = reinterpret_cast<const T*>(outside_.data());
  const IntegerDepthwiseTable& table = integer_depthwise();
  void* whole = static_cast<char*>(memory.scratch) + scratch_bytes() - finisher_.scratch_bytes();
  const T* taps[kMostTaps + 1];
  for (int64_t row = begin; row < end; row += block_rows_) {
    const int64_t rows = std::min(block_rows_, end - row);
    for (int64_t i = 0; i < rows; ++i) {
      int64_t rest = row + i, origin[3];
      for (int axis = 2; axis >= 0; --axis) {
        origin[axis] = rest % w.out[axis] * w.stride[axis] - w.begin[axis];
        rest /= w.out[axis];
      }
      const T* image = x + rest * w.image_step;
      int count = 0;
      for (int64_t kz = 0; kz < w.kernel[0]; ++kz) {
        const int64_t z = origin[0] + kz * w.dilation[0];
        for (int64_t ky = 0; ky < w.kernel[1]; ++ky) {
          const int64_t y = origin[1] + ky * w.dilation[1];
          const bool inside = z >= 0 && z < w.in[0] && y >= 0 && y < w.in[1];
          const T* line = image + z * w.step[0] + y * w.step[1];
          for (int64_t kx = 0; kx < w.kernel[2]; ++kx) {
            const int64_t column = origin[2] + kx * w.dilation[2];
            const bool hit = inside && column >= 0 && column < w.in[2];
            taps[count++] = hit ? line + column * w.step[2] : outside;
          }
        }
      }
      if (count % 2 != 0) taps[count] = taps[count - 1];
      int32_t* to = sums + i * padded_channels_;
      if constexpr (std::is_signed_v<T>) {
        table.run_signed(taps, pairs_, weights_.data(), start_.data(), w.groups, to);
      } else {
        table.run_unsigned(taps, pairs_, weights_.data(), start_.data(), w.groups, to);
      }
    }
    finisher_.finish({sums, padded_channels_, row, rows, 0, w.groups}, memory, whole);
  }
}

void IntegerDepthwise::run(const StepMemory& memory) {
  const int64_t rows = windows_.rows();
  if (rows == 0) return;
  // Threads share whole blocks, so that blocks have the sizes that the finisher expects.
  const int64_t blocks = (rows + block_rows_ - 1) / block_rows_;
  parallel_ranges(threads_, threads_, [&](int64_t first, int64_t last) {
    for (int64_t thread = first; thread < last; ++thread) {
      auto* sums = static_cast<int32_t*>(memory.scratch) + thread * block_rows_ * padded_channels_;
      const int64_t begin = blocks * thread / threads_ * block_rows_;
      const int64_t end = std::min(rows, blocks * (thread + 1) / threads_ * block_rows_);
      if (windows_.dtype == DType::kI8) {
        run_rows<int8_t>(memory, sums, begin, end);
      } else {
        run_rows<uint8_t>(memory, sums, begin, end);
      }
    }
  });
  finisher_.finish_all(
      memory, static_cast<char*>(memory.scratch) + scratch_bytes() - finisher_.scratch_bytes());
}

}  // namespace ingot
