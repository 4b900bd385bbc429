// Building loop nests from layouts and strides, and walking them.
#include "runtime/cpu/loop_nest.h"

#include <fmt/core.h>

#include "core/base/error.h"

namespace ingot {
namespace {

/// The strides of a tensor along the logical axes of the output, 0 where it is repeated.
Shape broadcast_strides(const StepTensor& tensor, const StepTensor& output) {
  Shape strides = output.shape;
  const int missing = output.shape.rank() - tensor.shape.rank();
  for (int axis = 0; axis < output.shape.rank(); ++axis) {
    const int64_t extent = axis < missing ? 1 : tensor.shape[axis - missing];
    if (missing < 0 || (extent != 1 && extent != output.shape[axis])) {
      fail({"step.unsupported",
            fmt::format("a tensor of {} does not broadcast to {}", tensor.shape.to_string(),
                        output.shape.to_string()),
            "", "this is a bug: the shape rule must refuse it"});
    }
    strides[axis] = extent == 1 ? 0 : tensor.strides[axis - missing];
  }
  return strides;
}

}  // namespace

LoopNest::LoopNest(const std::vector<const StepTensor*>& inputs, const StepTensor& output) {
  std::vector<const StepTensor*> tensors = inputs;
  tensors.push_back(&output);
  const int rank = output.shape.rank();
  const int block = rank >= 2 ? layout_block(output.layout) : 1;

  std::vector<Shape> strides;
  std::vector<int64_t> lane_strides;
  for (const StepTensor* tensor : tensors) {
    if (tensor->shape.rank() >= 2 && layout_block(tensor->layout) > 1 &&
        (tensor->layout != output.layout || tensor->shape.rank() != rank)) {
      fail({"step.unsupported",
            fmt::format("a tensor in layout {} with an output in {}", layout_name(tensor->layout),
                        layout_name(output.layout)),
            "", "the compiler must insert a layout conversion"});
    }
    strides.push_back(broadcast_strides(*tensor, output));
    const bool blocked =
        block > 1 && tensor->layout == output.layout && tensor->shape.rank() == rank;
    int64_t channel = rank >= 2 ? strides.back()[1] : 0;
    lane_limited_.push_back(block > 1 && !blocked && channel != 0);
    if (blocked) {
      // Strides along axis 1 are those of whole blocks; even one channel has a block of lanes.
      channel = tensor->shape[1] == output.shape[1] ? 1 : 0;
      strides.back()[1] = channel * tensor->strides[1];
    } else if (block > 1) {
      strides.back()[1] = channel * block;
    }
    lane_strides.push_back(channel);
  }

  // Axes in the order of the output's memory; a negative one stands for the lanes of a block.
  constexpr int kLanes = -1;
  std::vector<int> order;
  const bool channels_move = rank >= 2 && output.layout == Layout::kChannelsLast;
  for (int axis = 0; axis < rank; ++axis) {
    if (!(channels_move && axis == 1)) order.push_back(axis);
  }
  if (channels_move) order.push_back(1);
  if (block > 1) order.push_back(kLanes);

  for (const int axis : order) {
    Loop loop;
    if (axis == kLanes)
      loop.extent = block;
    else if (block > 1 && axis == 1)
      loop.extent = (output.shape[1] + block - 1) / block;
    else
      loop.extent = output.shape[axis];
    loop.fixed = block > 1 && axis == 1 && output.shape[1] % block != 0;
    for (size_t t = 0; t < tensors.size(); ++t) {
      loop.strides.push_back(axis == kLanes ? lane_strides[t] : strides[t][axis]);
    }
    if (loop.extent == 1 && !loop.fixed) continue;
    loops_.push_back(std::move(loop));
  }
  merge();
}

void LoopNest::merge() {
  std::vector<Loop> merged;
  for (Loop& loop : loops_) {
    bool joins = !merged.empty() && !merged.back().fixed && !loop.fixed;
    for (size_t t = 0; joins && t < loop.strides.size(); ++t) {
      joins = merged.back().strides[t] == loop.strides[t] * loop.extent;
    }
    if (joins) {
      merged.back().extent *= loop.extent;
      merged.back().strides = std::move(loop.strides);
    } else {
      merged.push_back(std::move(loop));
    }
  }
  if (merged.empty()) merged.push_back({1, std::vector<int64_t>(lane_limited_.size(), 0), false});
  loops_ = std::move(merged);
  for (size_t i = 0; i < loops_.size(); ++i) {
    if (loops_[i].fixed) padded_loop_ = static_cast<int>(i);
  }
}

int64_t LoopNest::total() const {
  int64_t total = 1;
  for (const Loop& loop : loops_) total *= loop.extent;
  return total;
}

LoopNest::Position LoopNest::position(int64_t i, int outer) const {
  Position position;
  for (int loop = outer - 1; loop >= 0; --loop) {
    const Loop& here = loops_[static_cast<size_t>(loop)];
    position.index[loop] = i % here.extent;
    i /= here.extent;
    for (size_t t = 0; t < here.strides.size(); ++t) {
      position.offset[t] += position.index[loop] * here.strides[t];
    }
  }
  return position;
}

void LoopNest::advance(Position& position, int outer) const {
  for (int loop = outer - 1; loop >= 0; --loop) {
    const Loop& here = loops_[static_cast<size_t>(loop)];
    const bool wraps = ++position.index[loop] == here.extent;
    const int64_t steps = wraps ? 1 - here.extent : 1;
    for (size_t t = 0; t < here.strides.size(); ++t) {
      position.offset[t] += steps * here.strides[t];
    }
    if (!wraps) return;
    position.index[loop] = 0;
  }
}

}  // namespace ingot
