// Geometry of integer convolutions: see the header.
#include "runtime/cpu/integer/conv.h"

#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {

IntegerConv integer_conv(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& w = context.inputs()[1];
  const StepTensor& y = context.outputs()[0];
  const int rank = x.shape.rank();
  if (rank < 3 || rank > 5) unsupported(context, "a convolution without 1 to 3 spatial axes");
  if (x.layout != Layout::kChannelsLast || y.layout != Layout::kChannelsLast) {
    unsupported(context, "a convolution of integers that is not channels last");
  }
  if ((x.dtype != DType::kI8 && x.dtype != DType::kU8) || w.dtype != DType::kI8) {
    unsupported(context, "a convolution of other types than i8 or u8 by i8");
  }
  const NodeAttributes node(op_named("Conv"), context.attributes());
  const auto spatial = w.shape.dims().subspan(2);
  const SpatialWindow window = spatial_window(node, {spatial.begin(), spatial.end()});
  IntegerConv conv;
  IntegerWindows& windows = conv.windows;
  IntegerWeights& weights = conv.weights;
  windows.images = x.shape[0];
  windows.groups = node.integer("group");
  windows.channels = w.shape[1];
  windows.dtype = x.dtype;
  windows.zero = static_cast<int>(node.integer("x_zero"));
  windows.image_step = x.strides[0];
  weights.filters = w.shape[0] / windows.groups;
  const Shape plain = layout_strides(w.shape, Layout::kPlain);
  weights.filter_step = plain[0];
  weights.channel_step = plain[1];
  for (int axis = 2; axis < rank; ++axis) {
    const int to = axis + 3 - rank;
    const auto from = static_cast<size_t>(axis - 2);
    windows.in[to] = x.shape[axis];
    windows.out[to] = y.shape[axis];
    windows.kernel[to] = window.kernel[from];
    windows.stride[to] = window.strides[from];
    windows.dilation[to] = window.dilations[from];
    windows.begin[to] = window.begin_pad(axis - 2, x.shape[axis]);
    windows.step[to] = x.strides[axis];
    weights.tap_step[to] = plain[axis];
  }
  return conv;
}

}  // namespace ingot
