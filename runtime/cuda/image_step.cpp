// Geometry of images for kernels, extras of epilogues, packed weights of convolutions.
#include "runtime/cuda/image_step.h"

#include <fmt/core.h>

#include <cstring>
#include <limits>

#include "core/tensor/packed_format.h"

namespace ingot {
namespace {

constexpr int64_t kMostElements = std::numeric_limits<int32_t>::max();

int narrow(const StepContext& context, int64_t value) {
  if (value > kMostElements || value < -kMostElements) {
    unsupported(context, fmt::format("a size or stride of {}, beyond 31 bits", value));
  }
  return static_cast<int>(value);
}

/// An axis of one element never moves, whatever its stride says.
int axis_stride(const StepContext& context, const StepTensor& tensor, int axis) {
  return tensor.shape[axis] == 1 ? 0 : narrow(context, tensor.strides[axis]);
}

}  // namespace

kernels::ImageStrides image_strides(const StepContext& context, const StepTensor& image) {
  const int rank = image.shape.rank();
  if (rank < 3 || rank > 5) unsupported(context, fmt::format("an image of rank {}", rank));
  int64_t reach = 0;
  for (int axis = 1; axis < rank; ++axis) {
    reach += std::max<int64_t>(image.shape[axis] - 1, 0) * image.strides[axis];
  }
  narrow(context, reach);
  const auto spatial = [&](int from_last) {
    const int axis = rank - 1 - from_last;
    return axis < 2 ? 0 : narrow(context, image.strides[axis]);
  };
  return {image.strides[0], narrow(context, image.strides[1]), spatial(2), spatial(1), spatial(0)};
}

kernels::WindowParams window_params(const StepContext& context, const Window& window) {
  kernels::WindowParams params;
  for (size_t axis = 0; axis < 3; ++axis) {
    params.image[axis] = narrow(context, window.image[axis]);
    params.positions[axis] = narrow(context, window.positions[axis]);
    params.kernel[axis] = narrow(context, window.kernel[axis]);
    params.strides[axis] = narrow(context, window.strides[axis]);
    params.dilations[axis] = narrow(context, window.dilations[axis]);
    params.begin_pads[axis] = narrow(context, window.begin_pads[axis]);
    params.end_pads[axis] = narrow(context, window.end_pads[axis]);
  }
  return params;
}

kernels::Divisor size_divisor(const StepContext& context, int64_t size) {
  return kernels::make_divisor(static_cast<unsigned>(narrow(context, std::max<int64_t>(size, 1))));
}

uint32_t count_threads(const StepContext& context, int64_t threads) {
  return static_cast<uint32_t>(narrow(context, threads));
}

bool strides_allow_vectors(const StepTensor& tensor, int64_t vector) {
  if (tensor.strides[1] != 1 || tensor.shape[1] % vector != 0) return false;
  for (int axis = 0; axis < tensor.shape.rank(); ++axis) {
    if (axis != 1 && tensor.shape[axis] > 1 && tensor.strides[axis] % vector != 0) return false;
  }
  return true;
}

ImageEpilogue::ImageEpilogue(const StepContext& context, int first_extra)
    : first_(first_extra),
      count_(std::max(0, static_cast<int>(context.inputs().size()) - first_extra)) {
  if (count_ > kernels::kMaxExtras) unsupported(context, "an epilogue with more than 8 inputs");
  const int rank = context.outputs()[0].shape.rank();
  for (int i = 0; i < count_; ++i) {
    const StepTensor& extra = context.inputs()[static_cast<size_t>(first_ + i)];
    const int missing = rank - extra.shape.rank();
    // Of axis `axis` of the output; axes of size 1 are broadcast.
    const auto stride = [&](int axis) {
      return axis < missing ? 0 : axis_stride(context, extra, axis - missing);
    };
    const auto spatial = [&](int from_last) {
      const int axis = rank - 1 - from_last;
      return axis < 2 ? 0 : stride(axis);
    };
    params_.extras[i].strides = {stride(0), stride(1), spatial(2), spatial(1), spatial(0)};
  }
}

kernels::EpilogueParams ImageEpilogue::params(const StepMemory& memory) const {
  kernels::EpilogueParams params = params_;
  for (int i = 0; i < count_; ++i) params.extras[i].data = memory.inputs[first_ + i];
  return params;
}

ConvWeights::ConvWeights(const StepContext& context, int64_t group_count, bool transposed,
                         bool tap_major)
    : groups(group_count) {
  const StepTensor& w = context.inputs()[1];
  const int64_t outer = w.shape[0] / groups, inner = w.shape[1];
  filters = transposed ? inner : outer;
  channels = transposed ? outer : inner;
  taps = 1;
  for (int axis = 2; axis < w.shape.rank(); ++axis) taps *= w.shape[axis];
  if (!w.is_constant || w.elements() == 0) {
    if (!w.dense()) unsupported(context, "weights that are a window");
    (transposed ? filter_stride : channel_stride) = taps;
    (transposed ? channel_stride : filter_stride) = inner * taps;
    tap_stride = 1;
    group_stride = outer * inner * taps;
    return;
  }
  filter_stride = 1;
  channel_stride = tap_major ? filters : taps * filters;
  tap_stride = tap_major ? channels * filters : filters;
  group_stride = taps * channels * filters;

  PackedFormat format;
  format.dtype = w.dtype;
  format.dims = {groups, outer, inner};
  format.strides = {group_stride, transposed ? channel_stride : filter_stride,
                    transposed ? filter_stride : channel_stride};
  int64_t below = taps;  // taps of the axes that follow
  for (int axis = 2; axis < w.shape.rank(); ++axis) {
    below /= w.shape[axis];
    format.dims.push_back(w.shape[axis]);
    format.strides.push_back(below * tap_stride);
  }
  format.padded = format.dims;
  const size_t bytes = dtype_bytes(w.dtype);
  const auto pack = [&](const void* plain, void* packed) {
    const auto* from = static_cast<const std::byte*>(plain);
    auto* to = static_cast<std::byte*>(packed);
    for (int64_t group = 0; group < groups; ++group) {
      for (int64_t filter = 0; filter < filters; ++filter) {
        for (int64_t channel = 0; channel < channels; ++channel) {
          const int64_t row = transposed ? (group * channels + channel) * filters + filter
                                         : (group * filters + filter) * channels + channel;
          const int64_t place = group * group_stride + channel * channel_stride + filter;
          for (int64_t tap = 0; tap < taps; ++tap) {
            std::memcpy(to + static_cast<size_t>(place + tap * tap_stride) * bytes,
                        from + static_cast<size_t>(row * taps + tap) * bytes, bytes);
          }
        }
      }
    }
  };
  packed_ = context.packed_constant(1, format.to_string(), format.bytes(), pack);
}

}  // namespace ingot
