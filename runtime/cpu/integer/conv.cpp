// Geometry of integer convolutions: see the header.
#include "runtime/cpu/integer/conv.h"

#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cpu/deconv_window.h"
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
  const std::string op = context.attributes().text("op", "Conv");
  const bool transposed = op == "ConvTranspose";
  const NodeAttributes node(op_named(op), context.attributes());
  const auto spatial = w.shape.dims().subspan(2);
  const SpatialWindow window = spatial_window(node, {spatial.begin(), spatial.end()});
  IntegerConv conv;
  IntegerWindows& windows = conv.windows;
  IntegerWeights& weights = conv.weights;
  windows.images = x.shape[0];
  windows.groups = node.integer("group");
  windows.channels = transposed ? w.shape[0] / windows.groups : w.shape[1];
  windows.transposed = transposed;
  windows.dtype = x.dtype;
  windows.zero = static_cast<int>(node.integer("x_zero"));
  windows.image_step = x.strides[0];
  weights.filters = transposed ? w.shape[1] : w.shape[0] / windows.groups;
  weights.filter_axis = transposed ? 1 : 0;
  weights.channel_axis = transposed ? 0 : 1;
  const Shape plain = layout_strides(w.shape, Layout::kPlain);
  weights.filter_step = plain[weights.filter_axis];
  weights.channel_step = plain[weights.channel_axis];
  weights.group_step = plain[0] * (w.shape[0] / windows.groups);
  const std::vector<int64_t> cropped =
      transposed ? deconv_begins(node, window, x.shape, y.shape) : std::vector<int64_t>();
  for (int axis = 2; axis < rank; ++axis) {
    const int to = axis + 3 - rank;
    const auto from = static_cast<size_t>(axis - 2);
    windows.in[to] = x.shape[axis];
    windows.out[to] = y.shape[axis];
    windows.kernel[to] = window.kernel[from];
    windows.stride[to] = window.strides[from];
    windows.dilation[to] = window.dilations[from];
    windows.begin[to] = transposed ? cropped[from] : window.begin_pad(axis - 2, x.shape[axis]);
    windows.step[to] = x.strides[axis];
    weights.tap_step[to] = plain[axis];
  }
  return conv;
}

}  // namespace ingot
