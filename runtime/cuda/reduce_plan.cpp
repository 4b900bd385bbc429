// The axes of a reduction, merged in the order of memory.
#include "runtime/cuda/reduce_plan.h"

#include <algorithm>
#include <limits>

#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

struct Axis {
  int64_t extent, from, to;
  bool reduced;
};

/// Neighbours become one axis where one stride serves both.
std::vector<Axis> merged(const std::vector<Axis>& axes) {
  std::vector<Axis> result;
  for (const Axis& axis : axes) {
    if (axis.extent == 1) continue;
    if (!result.empty() && result.back().reduced == axis.reduced &&
        result.back().from == axis.from * axis.extent &&
        result.back().to == axis.to * axis.extent) {
      result.back() = {result.back().extent * axis.extent, axis.from, axis.to, axis.reduced};
    } else {
      result.push_back(axis);
    }
  }
  return result;
}

void append(kernels::ReduceAxes* axes, const Axis& axis) {
  axes->extents[axes->count] = static_cast<unsigned>(axis.extent);
  axes->from[axes->count] = axis.from;
  axes->to[axes->count] = axis.to;
  ++axes->count;
}

int64_t elements_of(const kernels::ReduceAxes& axes) {
  int64_t elements = 1;
  for (int i = 0; i < axes.count; ++i) elements *= axes.extents[i];
  return elements;
}

/// The logical axes in the order of memory.
std::vector<Axis> axes_of(const StepTensor& x, const StepTensor& y,
                          const std::vector<bool>& reduced) {
  std::vector<Axis> axes;
  const int rank = x.shape.rank();
  const bool keeps_rank = y.shape.rank() == rank;
  for (int axis = 0, target = 0; axis < rank; ++axis) {
    const bool drops = reduced[static_cast<size_t>(axis)];
    axes.push_back(
        {x.shape[axis], x.strides[axis], drops ? 0 : y.strides[keeps_rank ? axis : target], drops});
    if (!drops) ++target;
  }
  if (rank >= 3 && x.layout == Layout::kChannelsLast) {
    std::rotate(axes.begin() + 1, axes.begin() + 2, axes.end());
  }
  return axes;
}

}  // namespace

ReducePlan reduce_plan(const StepContext& context, const std::vector<bool>& reduced) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  if (std::max(x.elements(), y.elements()) > std::numeric_limits<int>::max()) {
    unsupported(context, "a reduction of 2^31 elements");
  }
  ReducePlan plan;
  kernels::ReduceParams& params = plan.params;
  std::vector<Axis> axes = merged(axes_of(x, y, reduced));
  // Single elements, in a window of one along the last axis: runs of one.
  if (axes.empty() || axes.back().from != 1) axes.push_back({1, 1, 1, true});
  const Axis inner = axes.back();
  axes.pop_back();
  plan.columns = !inner.reduced;
  for (const Axis& axis : axes) append(axis.reduced ? &params.reduced : &params.kept, axis);
  params.run = static_cast<unsigned>(inner.extent);
  params.run_to = plan.columns ? inner.to : 0;
  int64_t rows = elements_of(params.reduced);
  if (!plan.columns) rows *= inner.extent;
  params.outputs = static_cast<unsigned>(elements_of(params.kept));
  params.length = static_cast<unsigned>(rows);
  params.count = rows;
  params.share = 1.0F / static_cast<float>(rows);
  plan.outputs = params.outputs * (plan.columns ? inner.extent : 1);
  if (plan.columns && params.reduced.count == 0) append(&params.reduced, {1, 0, 0, true});
  return plan;
}

}  // namespace ingot
