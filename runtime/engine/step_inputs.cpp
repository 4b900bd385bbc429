// What steps ask about their inputs.
#include "runtime/engine/step_inputs.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "ops/axes.h"

namespace ingot {
namespace {

Tensor constant_of(const StepContext& context, int i) {
  const StepTensor& tensor = context.inputs()[static_cast<size_t>(i)];
  if (tensor.constant == nullptr && tensor.elements() != 0) {
    unsupported(context, fmt::format("input {} is computed at run time", i));
  }
  return Tensor(tensor.dtype, tensor.shape, tensor.constant, nullptr);
}

}  // namespace

bool has_input(const StepContext& context, int i) {
  return i < static_cast<int>(context.inputs().size()) &&
         context.inputs()[static_cast<size_t>(i)].present();
}

std::vector<int64_t> constant_integers(const StepContext& context, int i) {
  return constant_of(context, i).to_integers();
}

std::vector<float> constant_floats(const StepContext& context, int i) {
  return constant_of(context, i).to_floats();
}

std::vector<bool> reduced_axes(const StepContext& context) {
  const std::string op = context.attributes().text("op");
  const int rank = context.inputs()[0].shape.rank();
  std::vector<bool> reduced(static_cast<size_t>(rank), false);
  if (op.starts_with("Global")) {
    std::fill(reduced.begin() + std::min(2, rank), reduced.end(), true);
    return reduced;
  }
  std::vector<int64_t> axes;
  if (has_input(context, 1)) axes = constant_integers(context, 1);
  if (axes.empty() && context.attributes().integer("noop_with_empty_axes") == 0) {
    reduced.assign(reduced.size(), true);
  }
  for (const int axis : normalize_axes(axes, rank, op)) reduced[static_cast<size_t>(axis)] = true;
  return reduced;
}

std::vector<int64_t> pad_begins(const StepContext& context) {
  const int rank = context.inputs()[0].shape.rank();
  std::vector<int64_t> given(static_cast<size_t>(rank));
  std::iota(given.begin(), given.end(), 0);
  if (has_input(context, 3)) given = constant_integers(context, 3);
  const std::vector<int> axes = normalize_axes(given, rank, "Pad");
  const std::vector<int64_t> pads = constant_integers(context, 1);
  std::vector<int64_t> begins(static_cast<size_t>(rank), 0);
  for (size_t i = 0; i < axes.size(); ++i) begins[static_cast<size_t>(axes[i])] = pads[i];
  return begins;
}

void unsupported(const StepContext& context, std::string what) {
  fail({"step.unsupported", std::move(what), context.name(), "use another tactic"});
}

void require_strided(const StepContext& context, const StepTensor& tensor) {
  if (tensor.shape.rank() >= 2 && layout_block(tensor.layout) > 1) {
    unsupported(context, fmt::format("layout {}", layout_name(tensor.layout)));
  }
}

bool dense_from(const StepTensor& tensor, int first) {
  int64_t stride = 1;
  for (int axis = tensor.shape.rank() - 1; axis >= first; --axis) {
    if (tensor.shape[axis] != 1 && tensor.strides[axis] != stride) return false;
    stride *= tensor.shape[axis];
  }
  return true;
}

}  // namespace ingot
