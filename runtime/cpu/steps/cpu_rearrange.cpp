// Operators that only say where each element goes: Transpose, Slice, Expand, Tile.
#include <algorithm>

#include "ops/axes.h"
#include "ops/registry.h"
#include "runtime/cpu/move_step.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

std::unique_ptr<PreparedStep> one_move(const StepContext& context, std::vector<MoveAxis> axes) {
  auto step = std::make_unique<MoveStep>(context.threads());
  step->add(StridedMove(movable_bytes(context.inputs()[0].dtype), std::move(axes)), 0, 0, 0, 0);
  return step;
}

std::unique_ptr<PreparedStep> prepare_transpose(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  require_strided(context, x);
  require_strided(context, y);
  const int rank = x.shape.rank();
  std::vector<int64_t> perm = context.attributes().integers("perm");
  if (!context.attributes().has("perm")) {
    for (int axis = rank - 1; axis >= 0; --axis) perm.push_back(axis);
  }
  const std::vector<int> order = normalize_axes(perm, rank, "Transpose");
  std::vector<MoveAxis> axes;
  for (int axis = 0; axis < rank; ++axis) {
    axes.push_back({y.shape[axis], x.strides[order[static_cast<size_t>(axis)]], y.strides[axis]});
  }
  return one_move(context, std::move(axes));
}

/// A tensor with every step-th element along an axis, from `start` on.
std::unique_ptr<PreparedStep> prepare_slice(const StepContext& context) {
  StepTensor x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  const std::vector<int64_t> starts = constant_integers(context, 1);
  std::vector<int64_t> given(starts.size()), steps(starts.size(), 1);
  for (size_t i = 0; i < given.size(); ++i) given[i] = static_cast<int64_t>(i);
  if (has_input(context, 3)) given = constant_integers(context, 3);
  if (has_input(context, 4)) steps = constant_integers(context, 4);
  const std::vector<int> axes = normalize_axes(given, x.shape.rank(), "Slice");
  int64_t offset = 0;
  for (size_t i = 0; i < axes.size(); ++i) {
    const int axis = axes[i];
    const int64_t dim = x.shape[axis];
    const int64_t from = starts[i] < 0 ? starts[i] + dim : starts[i];
    const int64_t start = std::clamp<int64_t>(from, 0, steps[i] > 0 ? dim : dim - 1);
    if (steps[i] != 1 && axis == 1) require_strided(context, x);
    int64_t part = 0;
    x = window_of(x, axis, start, y.shape[axis], &part);
    offset += part;
    if (y.shape[axis] > 1) x.strides[axis] *= steps[i];
  }
  auto step = std::make_unique<MoveStep>(context.threads());
  if (y.elements() != 0) step->add(LayoutMove(x, y, context.threads()), 0, offset, 0, 0);
  return step;
}

std::unique_ptr<PreparedStep> prepare_expand(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  require_strided(context, x);
  require_strided(context, y);
  const int ahead = y.shape.rank() - x.shape.rank();
  std::vector<MoveAxis> axes;
  for (int axis = 0; axis < y.shape.rank(); ++axis) {
    const bool repeats = axis < ahead || x.shape[axis - ahead] == 1;
    axes.push_back({y.shape[axis], repeats ? 0 : x.strides[axis - ahead], y.strides[axis]});
  }
  return one_move(context, std::move(axes));
}

std::unique_ptr<PreparedStep> prepare_tile(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  require_strided(context, x);
  require_strided(context, y);
  std::vector<MoveAxis> axes;
  for (int axis = 0; axis < x.shape.rank(); ++axis) {
    const int64_t size = x.shape[axis];
    axes.push_back({size == 0 ? 0 : y.shape[axis] / size, 0, y.strides[axis] * size});
    axes.push_back({size, x.strides[axis], y.strides[axis]});
  }
  return one_move(context, std::move(axes));
}

}  // namespace

extern const StepDef kCpuTranspose = {
    .kind = "cpu.transpose",
    .summary = "Puts axes into another order.",
    .prepare = prepare_transpose,
};

extern const StepDef kCpuSlice = {
    .kind = "cpu.slice",
    .summary = "Copies every step-th element of ranges.",
    .prepare = prepare_slice,
};

extern const StepDef kCpuExpand = {
    .kind = "cpu.expand",
    .summary = "Repeats a tensor by broadcasting.",
    .prepare = prepare_expand,
};

extern const StepDef kCpuTile = {
    .kind = "cpu.tile",
    .summary = "Repeats a tensor along each axis.",
    .prepare = prepare_tile,
};

}  // namespace ingot
