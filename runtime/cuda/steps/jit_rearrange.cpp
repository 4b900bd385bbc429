// Operators that only say where each element goes: Transpose, Slice, Expand, Tile, SpaceToDepth,
// DepthToSpace, ConstantOfShape.
#include <algorithm>
#include <cstring>

#include "ops/axes.h"
#include "runtime/cuda/move_step.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

std::unique_ptr<PreparedStep> one_move(const StepContext& context, Rectangle rectangle) {
  return std::make_unique<JitMoveStep>(context, movable_bytes_on_gpu(context.outputs()[0].dtype),
                                       std::vector<Rectangle>{std::move(rectangle)});
}

std::unique_ptr<PreparedStep> prepare_transpose(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  const int rank = x.shape.rank();
  std::vector<int64_t> perm = context.attributes().integers("perm");
  if (!context.attributes().has("perm")) {
    for (int axis = rank - 1; axis >= 0; --axis) perm.push_back(axis);
  }
  const std::vector<int> order = normalize_axes(perm, rank, "Transpose");
  Rectangle move;
  for (int axis = 0; axis < rank; ++axis) {
    move.axes.push_back(
        {y.shape[axis], x.strides[order[static_cast<size_t>(axis)]], y.strides[axis]});
  }
  return one_move(context, std::move(move));
}

std::unique_ptr<PreparedStep> prepare_slice(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  Rectangle move = copy_of(x, context.outputs()[0]);
  const std::vector<int64_t> starts = constant_integers(context, 1);
  std::vector<int64_t> given(starts.size()), steps(starts.size(), 1);
  for (size_t i = 0; i < given.size(); ++i) given[i] = static_cast<int64_t>(i);
  if (has_input(context, 3)) given = constant_integers(context, 3);
  if (has_input(context, 4)) steps = constant_integers(context, 4);
  const std::vector<int> axes = normalize_axes(given, x.shape.rank(), "Slice");
  for (size_t i = 0; i < axes.size(); ++i) {
    const int axis = axes[i];
    const int64_t dim = x.shape[axis];
    const int64_t from = starts[i] < 0 ? starts[i] + dim : starts[i];
    CopyAxis& copied = move.axes[static_cast<size_t>(axis)];
    move.from += std::clamp<int64_t>(from, 0, steps[i] > 0 ? dim : dim - 1) * x.strides[axis];
    // The step of a single element may be as huge as exporters write it.
    copied.from_stride = copied.size > 1 ? copied.from_stride * steps[i] : 0;
  }
  return one_move(context, std::move(move));
}

std::unique_ptr<PreparedStep> prepare_expand(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  const int ahead = y.shape.rank() - x.shape.rank();
  Rectangle move;
  for (int axis = 0; axis < y.shape.rank(); ++axis) {
    const bool repeats = axis < ahead || x.shape[axis - ahead] == 1;
    move.axes.push_back({y.shape[axis], repeats ? 0 : x.strides[axis - ahead], y.strides[axis]});
  }
  return one_move(context, std::move(move));
}

std::unique_ptr<PreparedStep> prepare_tile(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  Rectangle move;
  for (int axis = 0; axis < x.shape.rank(); ++axis) {
    const int64_t size = x.shape[axis];
    move.axes.push_back({size == 0 ? 0 : y.shape[axis] / size, 0, y.strides[axis] * size});
    move.axes.push_back({size, x.strides[axis], y.strides[axis]});
  }
  return one_move(context, std::move(move));
}

/// `deep` has the channels of all pixels of a block, `wide` has the pixels; the same elements.
/// `deep_axis(k)` etc. are read from these strides: channels are [block, block, channels] in mode
/// DCR and [channels, block, block] in mode CRD.
Rectangle blocks_of_pixels(const StepContext& context, const StepTensor& deep,
                           const StepTensor& wide, bool to_deep) {
  const int64_t block = context.attributes().integer("blocksize");
  const int64_t channels = wide.shape[1];
  const bool depth_first = context.attributes().text("mode", "DCR") == "DCR";
  const int64_t of_channel = deep.strides[1] * (depth_first ? 1 : block * block);
  const int64_t of_column = deep.strides[1] * (depth_first ? channels : 1);
  Rectangle move;
  const auto add = [&](int64_t size, int64_t in_deep, int64_t in_wide) {
    move.axes.push_back({size, to_deep ? in_wide : in_deep, to_deep ? in_deep : in_wide});
  };
  add(wide.shape[0], deep.strides[0], wide.strides[0]);
  add(channels, of_channel, wide.strides[1]);
  add(deep.shape[2], deep.strides[2], wide.strides[2] * block);
  add(block, of_column * block, wide.strides[2]);
  add(deep.shape[3], deep.strides[3], wide.strides[3] * block);
  add(block, of_column, wide.strides[3]);
  return move;
}

std::unique_ptr<PreparedStep> prepare_depth_to_space(const StepContext& context) {
  return one_move(context,
                  blocks_of_pixels(context, context.inputs()[0], context.outputs()[0], false));
}

std::unique_ptr<PreparedStep> prepare_space_to_depth(const StepContext& context) {
  return one_move(context,
                  blocks_of_pixels(context, context.outputs()[0], context.inputs()[0], true));
}

std::unique_ptr<PreparedStep> prepare_constant_of_shape(const StepContext& context) {
  const StepTensor& y = context.outputs()[0];
  Rectangle move = copy_of(y, y);
  move.input = -1;
  const auto* given = context.attributes().find_as<Tensor>("value");
  if (given != nullptr && *given) {
    const Tensor value = given->aligned();
    std::memcpy(move.fill.data(), value.data(), movable_bytes_on_gpu(y.dtype));
  }
  return one_move(context, std::move(move));
}

}  // namespace

extern const StepDef kJitTranspose = {
    .kind = "jit.transpose",
    .summary = "Puts axes into another order.",
    .prepare = prepare_transpose,
};

extern const StepDef kJitSlice = {
    .kind = "jit.slice",
    .summary = "Copies every step-th element of ranges.",
    .prepare = prepare_slice,
};

extern const StepDef kJitExpand = {
    .kind = "jit.expand",
    .summary = "Repeats a tensor by broadcasting.",
    .prepare = prepare_expand,
};

extern const StepDef kJitTile = {
    .kind = "jit.tile",
    .summary = "Repeats a tensor along each axis.",
    .prepare = prepare_tile,
};

extern const StepDef kJitDepthToSpace = {
    .kind = "jit.depth_to_space",
    .summary = "Moves blocks of channels into blocks of pixels.",
    .prepare = prepare_depth_to_space,
};

extern const StepDef kJitSpaceToDepth = {
    .kind = "jit.space_to_depth",
    .summary = "Moves blocks of pixels into blocks of channels.",
    .prepare = prepare_space_to_depth,
};

extern const StepDef kJitConstantOfShape = {
    .kind = "jit.constant_of_shape",
    .summary = "Fills a tensor with one value.",
    .prepare = prepare_constant_of_shape,
};

}  // namespace ingot
