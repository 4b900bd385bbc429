// AveragePool and GlobalAveragePool of 8-bit integers, channels last. Attribute "op" says which.
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cpu/integer/mean_pool.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  const int rank = x.shape.rank();
  if (rank < 3 || rank > 5) unsupported(context, "a pool without 1 to 3 spatial axes");
  if (x.layout != Layout::kChannelsLast || y.layout != Layout::kChannelsLast) {
    unsupported(context, "a mean of integers that is not channels last");
  }
  if (x.dtype != DType::kI8 && x.dtype != DType::kU8) {
    unsupported(context, "a mean of another type than i8 or u8");
  }
  IntegerWindows windows;
  windows.images = x.shape[0];
  windows.groups = x.shape[1];
  windows.dtype = x.dtype;
  windows.image_step = x.strides[0];
  for (int axis = 2; axis < rank; ++axis) {
    const int to = axis + 3 - rank;
    windows.in[to] = windows.kernel[to] = x.shape[axis];
    windows.out[to] = y.shape[axis];
    windows.step[to] = x.strides[axis];
  }
  const std::string op = context.attributes().text("op");
  if (op == "GlobalAveragePool") return std::make_unique<IntegerMeanPool>(context, windows, false);
  const NodeAttributes node(op_named(op), context.attributes());
  if (node.integer("ceil_mode") != 0) unsupported(context, "an average with ceil_mode");
  const SpatialWindow window = spatial_window(node, node.integers("kernel_shape"));
  for (int axis = 2; axis < rank; ++axis) {
    const int to = axis + 3 - rank;
    const auto from = static_cast<size_t>(axis - 2);
    windows.kernel[to] = window.kernel[from];
    windows.stride[to] = window.strides[from];
    windows.dilation[to] = window.dilations[from];
    windows.begin[to] = window.begin_pad(axis - 2, x.shape[axis]);
  }
  return std::make_unique<IntegerMeanPool>(context, windows,
                                           node.integer("count_include_pad") != 0);
}

}  // namespace

extern const StepDef kCpuMeanPool = {
    .kind = "cpu.mean_pool",
    .summary = "Means of 8-bit integers under a window or over an image, channels last.",
    .prepare = prepare,
};

}  // namespace ingot
