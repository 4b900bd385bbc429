// Shapes become parameters once; a launch sets the addresses.
#include "runtime/cuda/pointwise_kernel.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "runtime/cuda/jit_kernel.h"
#include "runtime/cuda/operand_axes.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

using kernels::kMaxPointwiseAxes;
using kernels::kMaxPointwiseInputs;
using kernels::kPointwiseThreads;

/// The axes, after checking that the kernel's 32-bit indices hold them.
std::vector<OperandAxis> checked_axes(const StepContext& context, const StepTensor& output,
                                      const std::vector<StepTensor>& inputs) {
  constexpr int64_t kLimit = std::numeric_limits<int>::max();
  if (inputs.empty() || inputs.size() > kMaxPointwiseInputs) {
    unsupported(context, "an expression of this many inputs");
  }
  if (output.elements() > kLimit) unsupported(context, "a tensor of 2^31 and more elements");
  std::vector<OperandAxis> axes = operand_axes(output, inputs);
  for (const OperandAxis& axis : axes) {
    for (const int64_t stride : axis.strides) {
      if (stride > kLimit) unsupported(context, "a stride of 2^31 and more elements");
    }
  }
  return axes;
}

template <typename Params>
void set_axes(Params* params, const std::vector<OperandAxis>& axes) {
  params->axes = static_cast<int>(axes.size());
  for (size_t axis = 0; axis < axes.size(); ++axis) {
    params->extents[axis] =
        kernels::make_divisor(static_cast<unsigned>(std::max<int64_t>(axes[axis].extent, 1)));
    for (size_t i = 0; i < axes[axis].strides.size(); ++i) {
      params->operand[i].strides[axis] = static_cast<int>(axes[axis].strides[i]);
    }
  }
}

/// The kernel's struct has room for its own operands only.
template <typename Params>
size_t used_bytes(size_t inputs) {
  return offsetof(Params, operand) + (inputs + 1) * sizeof(kernels::PointwiseOperand);
}

template <typename Params>
void launch_with(const DeviceKernel& kernel, const Params& shape, uint32_t blocks,
                 size_t input_count, void* stream, const void* const* inputs, void* output) {
  Params params = shape;
  params.operand[0].data = output;
  for (size_t i = 0; i < input_count; ++i) params.operand[i + 1].data = inputs[i];
  kernel.launch(stream, {.grid = {blocks}, .block = {kPointwiseThreads}, .overlaps = true}, &params,
                used_bytes<Params>(input_count));
}

/// Elements of a vector, by the same rule as the compiler's.
int vector_of(const std::vector<StepTensor>& inputs, const StepTensor& output) {
  size_t narrowest = dtype_bytes(output.dtype);
  for (const StepTensor& input : inputs) {
    if (input.present()) narrowest = std::min(narrowest, dtype_bytes(input.dtype));
  }
  return kernels::pointwise_vector(static_cast<int>(narrowest), static_cast<int>(inputs.size()));
}

/// Bytes to which each operand's address must be a multiple for vectors of `vector` elements, 0
/// where it does not matter; empty if the axes do not allow vectors.
std::vector<size_t> vector_alignment(const std::vector<OperandAxis>& axes, int vector,
                                     const StepTensor& output,
                                     const std::vector<StepTensor>& inputs) {
  const OperandAxis& inner = axes[0];
  if (inner.extent < vector || (axes.size() > 1 && inner.extent % vector != 0)) return {};
  if (inner.strides[0] != 1) return {};
  std::vector<size_t> alignment;
  for (size_t i = 0; i < inner.strides.size(); ++i) {
    const size_t bytes = dtype_bytes(i == 0 ? output.dtype : inputs[i - 1].dtype);
    const size_t wanted = std::min<size_t>(16, static_cast<size_t>(vector) * bytes);
    if (inner.strides[i] > 1) return {};
    alignment.push_back(inner.strides[i] == 0 ? 0 : wanted);
    if (inner.strides[i] == 0) continue;
    for (size_t axis = 1; axis < axes.size(); ++axis) {
      if (static_cast<size_t>(axes[axis].strides[i]) * bytes % wanted != 0) return {};
    }
  }
  return alignment;
}

}  // namespace

JitPointwise::JitPointwise(const StepContext& context, const std::vector<StepTensor>& inputs,
                           const StepTensor& output, const std::string& attribute)
    : input_count_(inputs.size()) {
  std::vector<OperandAxis> axes = checked_axes(context, output, inputs);
  const auto cubin = context.kernel(context.attributes().text(attribute));
  const auto load = [&](Form* form, const std::string& entry, int64_t items, int64_t inner,
                        int per_thread) {
    form->entry = entry;
    form->kernel = context.device()->load_kernel(cubin, entry);
    form->params = {};
    form->params.items = static_cast<unsigned>(items);
    form->params.inner = static_cast<unsigned>(inner);
    set_axes(&form->params, axes);
    form->blocks = items == 0 ? 0 : blocks_for(items, int64_t{kPointwiseThreads} * per_thread);
  };
  const int64_t elements = output.elements();
  load(&scalar_, "pointwise_scalar", elements, axes[0].extent, 1);

  const int vector = vector_of(inputs, output);
  alignment_ = vector_alignment(axes, vector, output, inputs);
  if (vector == 1 || alignment_.empty()) return;
  const int64_t inner = axes[0].extent;
  const int64_t vectors = elements / inner * ((inner + vector - 1) / vector);
  axes[0].extent = (inner + vector - 1) / vector;
  // Two vectors a thread keep more loads in flight, where there is work for all threads then.
  const int64_t resident = int64_t{2048} * context.device()->facts().multiprocessors;
  const bool many = input_count_ <= 3 && vectors >= 4 * resident;
  load(&vector_, many ? "pointwise_vectors" : "pointwise_vector", vectors, inner, many ? 2 : 1);
}

std::string JitPointwise::entry() const { return vector_.kernel ? vector_.entry : scalar_.entry; }

void JitPointwise::launch(void* stream, const void* const* inputs, void* output) const {
  bool aligned = vector_.kernel != nullptr;
  for (size_t i = 0; aligned && i <= input_count_; ++i) {
    const auto address = reinterpret_cast<uintptr_t>(i == 0 ? output : inputs[i - 1]);
    if (alignment_[i] != 0) aligned = address % alignment_[i] == 0;
  }
  launch_form(aligned ? vector_ : scalar_, stream, inputs, output);
}

void JitPointwise::launch_form(const Form& form, void* stream, const void* const* inputs,
                               void* output) const {
  if (form.blocks == 0) return;
  launch_with(*form.kernel, form.params, form.blocks, input_count_, stream, inputs, output);
}

JitPointwiseTurn::JitPointwiseTurn(const StepContext& context,
                                   const std::vector<StepTensor>& inputs, const StepTensor& output,
                                   int turned, const std::string& attribute)
    : input_count_(inputs.size()) {
  std::vector<OperandAxis> axes = checked_axes(context, output, inputs);
  const auto operand = static_cast<size_t>(turned) + 1;
  // The turned input's innermost axis comes second. Where it is the output's too (one channel, or
  // one pixel), that axis comes second alone.
  auto from = std::min_element(axes.begin(), axes.end(), [&](const auto& a, const auto& b) {
    return a.strides[operand] < b.strides[operand];
  });
  if (from == axes.begin()) {
    axes.insert(axes.begin(), {1, std::vector<int64_t>(input_count_ + 1, 0)});
  } else {
    std::rotate(axes.begin() + 1, from, from + 1);
  }
  if (axes.size() > kMaxPointwiseAxes) unsupported(context, "windows along this many axes");
  set_axes(&params_, axes);
  // As square a tile as there is, without waste along a short axis.
  const auto log2_of = [](int64_t extent, int most) {
    int log2 = 0;
    while (log2 < most && (int64_t{1} << log2) < extent) ++log2;
    return log2;
  };
  constexpr int kLog2 = kernels::kPointwiseTileLog2;
  params_.log2[0] = log2_of(axes[0].extent, 5);
  // Rows have padding, for which there is room where they have two elements and more.
  params_.log2[1] = std::max(log2_of(axes[1].extent, kLog2 - params_.log2[0]), 1);
  params_.log2[0] = log2_of(axes[0].extent, kLog2 - params_.log2[1]);
  int64_t blocks = output.elements() == 0 ? 0 : 1;
  for (size_t axis = 0; axis < axes.size(); ++axis) {
    int64_t count = axes[axis].extent;
    if (axis < 2) {
      count = (count + (int64_t{1} << params_.log2[axis]) - 1) >> params_.log2[axis];
      params_.tiles[axis] =
          kernels::make_divisor(static_cast<unsigned>(std::max<int64_t>(count, 1)));
    }
    blocks *= count;
  }
  blocks_ = static_cast<uint32_t>(blocks);
  kernel_ = context.device()->load_kernel(context.kernel(context.attributes().text(attribute)),
                                          "pointwise_turn");
}

void JitPointwiseTurn::launch(void* stream, const void* const* inputs, void* output) const {
  if (blocks_ == 0) return;
  launch_with(*kernel_, params_, blocks_, input_count_, stream, inputs, output);
}

}  // namespace ingot
