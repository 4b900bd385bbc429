// What steps ask about their inputs.
#include "runtime/engine/step_inputs.h"

#include <fmt/core.h>

#include "core/base/error.h"

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
