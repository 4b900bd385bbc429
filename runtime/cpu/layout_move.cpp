// Copies between layouts and windows as strided moves over the axes of memory.
#include <fmt/core.h>

#include "core/base/error.h"
#include "runtime/cpu/move.h"

namespace ingot {
namespace {

/// The channel axis of one side of a copy.
struct Channels {
  int64_t block;   ///< 1: not blocked
  int64_t stride;  ///< between blocks, or between channels if not blocked

  explicit Channels(const StepTensor& tensor)
      : block(layout_block(tensor.layout)), stride(tensor.strides[1]) {}
  int64_t offset(int64_t channel) const { return channel / block * stride + channel % block; }
  int64_t lane() const { return block > 1 ? 1 : stride; }
  /// Distance of `count` channels, where that is whole blocks or stays within one.
  int64_t distance(int64_t count) const {
    return block > 1 && count >= block ? count / block * stride : count * lane();
  }
};

struct Builder {
  const StepTensor& from;
  const StepTensor& to;
  struct Region {
    std::vector<MoveAxis> axes;
    int64_t from, to;
    bool zeros = false;
  };
  std::vector<Region> regions = {};

  std::vector<MoveAxis> other_axes() const {
    std::vector<MoveAxis> axes;
    for (int axis = 0; axis < from.shape.rank(); ++axis) {
      if (axis == 1) continue;
      axes.push_back({from.shape[axis], from.strides[axis], to.strides[axis]});
    }
    return axes;
  }

  void add(int64_t channel, std::vector<MoveAxis> channel_axes) {
    Region region{other_axes(), Channels(from).offset(channel), Channels(to).offset(channel)};
    region.axes.insert(region.axes.end(), channel_axes.begin(), channel_axes.end());
    regions.push_back(std::move(region));
  }

  void build() {
    if (from.shape.rank() < 2) {
      Region region{{}, 0, 0};
      if (from.shape.rank() == 1)
        region.axes.push_back({from.shape[0], from.strides[0], to.strides[0]});
      regions.push_back(std::move(region));
      return;
    }
    const Channels x(from), y(to);
    const int64_t channels = from.shape[1];
    const int64_t large = std::max(x.block, y.block);
    const bool mixed = x.block > 1 && y.block > 1 && x.block != y.block;
    const int64_t small = mixed ? std::min(x.block, y.block) : large;
    const int64_t whole = channels / large;
    if (whole > 0) {
      std::vector<MoveAxis> axes = {{whole, x.distance(large), y.distance(large)}};
      if (mixed) axes.push_back({large / small, x.distance(small), y.distance(small)});
      if (large > 1) axes.push_back({small, x.lane(), y.lane()});
      add(0, std::move(axes));
    }
    for (int64_t channel = whole * large; channel < channels; channel += small) {
      add(channel, {{std::min(small, channels - channel), x.lane(), y.lane()}});
    }
    if (channels % y.block != 0) {
      Region padding{other_axes(), 0, y.offset(channels), true};
      for (MoveAxis& axis : padding.axes) axis.from = 0;
      padding.axes.push_back({y.block - channels % y.block, 0, 1});
      regions.push_back(std::move(padding));
    }
  }
};

}  // namespace

size_t movable_bytes(DType dtype) {
  const size_t bytes = dtype_bytes(dtype);
  if (bytes == 0) {
    fail({"step.unsupported", fmt::format("moving elements of type {}", dtype_name(dtype)), "",
          "use the reference tactic"});
  }
  return bytes;
}

LayoutMove::LayoutMove(const StepTensor& from, const StepTensor& to, int threads)
    : threads_(threads) {
  INGOT_CHECK(from.shape == to.shape && from.dtype == to.dtype);
  const size_t bytes = movable_bytes(from.dtype);
  Builder builder{from, to};
  builder.build();
  for (Builder::Region& region : builder.regions) {
    pieces_.push_back({StridedMove(bytes, std::move(region.axes)),
                       region.from * static_cast<int64_t>(bytes),
                       region.to * static_cast<int64_t>(bytes), region.zeros});
  }
}

void LayoutMove::run(const void* from, void* to) const {
  static constexpr char kZeros[16] = {};
  for (const Piece& piece : pieces_) {
    const char* source = piece.zeros ? kZeros : static_cast<const char*>(from) + piece.from;
    piece.move.run(source, static_cast<char*>(to) + piece.to, threads_);
  }
}

StepTensor window_of(const StepTensor& tensor, int axis, int64_t start, int64_t extent,
                     int64_t* offset) {
  StepTensor window = tensor;
  window.shape[axis] = extent;
  const int64_t block = axis == 1 && tensor.shape.rank() >= 2 ? layout_block(tensor.layout) : 1;
  if (start % block != 0) {
    fail({"step.unsupported",
          fmt::format("a window from channel {} in layout {}", start, layout_name(tensor.layout)),
          "", "use the plain or nhwc layout"});
  }
  *offset =
      start / block * tensor.strides[axis] * static_cast<int64_t>(movable_bytes(tensor.dtype));
  return window;
}

}  // namespace ingot
