// Sorting and merging of axes.
#include "runtime/cuda/operand_axes.h"

#include <algorithm>

namespace ingot {
namespace {

/// Stride of an operand along axis `axis` of an output of rank `rank`.
int64_t broadcast_stride(const StepTensor& operand, int axis, int rank) {
  const int own = axis - (rank - operand.shape.rank());
  return own < 0 || !operand.present() || operand.shape[own] == 1 ? 0 : operand.strides[own];
}

/// `outer` goes on where `inner` ends, in every operand.
bool continues(const OperandAxis& outer, const OperandAxis& inner) {
  for (size_t i = 0; i < outer.strides.size(); ++i) {
    if (outer.strides[i] != inner.strides[i] * inner.extent) return false;
  }
  return true;
}

}  // namespace

std::vector<OperandAxis> operand_axes(const StepTensor& output,
                                      const std::vector<StepTensor>& inputs) {
  const int rank = output.shape.rank();
  std::vector<OperandAxis> axes;
  for (int axis = rank - 1; axis >= 0; --axis) {
    if (output.shape[axis] == 1) continue;
    OperandAxis made{output.shape[axis], {output.strides[axis]}};
    for (const StepTensor& input : inputs) {
      made.strides.push_back(broadcast_stride(input, axis, rank));
    }
    axes.push_back(std::move(made));
  }
  std::stable_sort(axes.begin(), axes.end(), [](const OperandAxis& a, const OperandAxis& b) {
    return a.strides[0] < b.strides[0];
  });
  std::vector<OperandAxis> merged;
  for (OperandAxis& axis : axes) {
    if (!merged.empty() && continues(axis, merged.back())) {
      merged.back().extent *= axis.extent;
    } else {
      merged.push_back(std::move(axis));
    }
  }
  if (merged.empty()) {
    merged.push_back({1, std::vector<int64_t>(inputs.size() + 1, 0)});
    merged[0].strides[0] = 1;
  }
  return merged;
}

}  // namespace ingot
