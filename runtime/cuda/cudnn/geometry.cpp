// Pads, strides and dilations of Conv and ConvTranspose for cuDNN.
#include <algorithm>

#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cuda/cudnn/convolution.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

SpatialWindow window_of(const StepContext& context, const NodeAttributes& node) {
  const auto spatial = context.inputs()[1].shape.dims().subspan(2);
  return spatial_window(node, {spatial.begin(), spatial.end()});
}

/// Elements from the first to the last under a filter.
int64_t span_of(const SpatialWindow& window, size_t axis) {
  return (window.kernel[axis] - 1) * window.dilations[axis] + 1;
}

}  // namespace

CudnnConvolution convolution_geometry(const StepContext& context) {
  const NodeAttributes node(op_named("Conv"), context.attributes());
  const SpatialWindow window = window_of(context, node);
  CudnnConvolution geometry;
  geometry.strides = window.strides;
  geometry.dilations = window.dilations;
  for (size_t axis = 0; axis < window.kernel.size(); ++axis) {
    const auto i = static_cast<int>(axis);
    const int64_t in = context.inputs()[0].shape[i + 2], out = context.outputs()[0].shape[i + 2];
    const int64_t begin = window.begin_pad(i, in);
    const int64_t end = (out - 1) * window.strides[axis] + span_of(window, axis) - in - begin;
    geometry.begin_pads.push_back(begin);
    // Below zero where the last elements are under no filter: cuDNN leaves them out by itself.
    geometry.end_pads.push_back(std::max<int64_t>(0, end));
  }
  return geometry;
}

CudnnConvolution transposed_geometry(const StepContext& context) {
  const NodeAttributes node(op_named("ConvTranspose"), context.attributes());
  const SpatialWindow window = window_of(context, node);
  const bool sized = !node.integers("output_shape").empty() || window.auto_pad.starts_with("SAME");
  const std::vector<int64_t> padding = node.integers("output_padding");
  CudnnConvolution geometry;
  geometry.backward = true;
  geometry.strides = window.strides;
  geometry.dilations = window.dilations;
  for (size_t axis = 0; axis < window.kernel.size(); ++axis) {
    const auto i = static_cast<int>(axis);
    const int64_t in = context.inputs()[0].shape[i + 2], out = context.outputs()[0].shape[i + 2];
    const int64_t reach = (in - 1) * window.strides[axis] + span_of(window, axis);
    int64_t begin = window.pads.empty() || window.auto_pad == "VALID" ? 0 : window.pads[axis];
    if (sized) {
      const int64_t full = reach + (padding.empty() ? 0 : padding[axis]);
      const int64_t total = std::max<int64_t>(0, full - out);
      begin = window.auto_pad == "SAME_UPPER" ? total / 2 : total - total / 2;
    }
    // Below zero where the output goes on beyond the last filter: that much follows from its size,
    // as long as no further position of the filter would fit in.
    const int64_t end = reach - out - begin;
    if (end <= -window.strides[axis]) unsupported(context, "an output beyond the last filter");
    geometry.begin_pads.push_back(begin);
    geometry.end_pads.push_back(std::max<int64_t>(0, end));
  }
  return geometry;
}

}  // namespace ingot
