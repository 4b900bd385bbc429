// Convolution (dense, grouped, depthwise, 1-D to 3-D) by oneDNN, with bias and epilogue. The layout
// of input and output is the step tensors' own; weights are packed as the primitive wants them.
#include <numeric>

#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cpu/dnnl/fused.h"

namespace ingot {
namespace {

using dnnl::memory;

struct Geometry {
  memory::dims strides, dilations, begin_pads, end_pads;
};

/// Window geometry in oneDNN's words (dilation 0 is dense; the end padding follows from sizes).
Geometry geometry_of(const SpatialWindow& window, const Shape& input, const Shape& output) {
  Geometry geometry;
  for (int i = 0; i < static_cast<int>(window.kernel.size()); ++i) {
    const auto axis = static_cast<size_t>(i);
    const int64_t in = input[i + 2], out = output[i + 2];
    const int64_t span = (window.kernel[axis] - 1) * window.dilations[axis] + 1;
    const int64_t begin = window.begin_pad(i, in);
    geometry.strides.push_back(window.strides[axis]);
    geometry.dilations.push_back(window.dilations[axis] - 1);
    geometry.begin_pads.push_back(begin);
    geometry.end_pads.push_back((out - 1) * window.strides[axis] + span - in - begin);
  }
  return geometry;
}

/// Weights with an axis of groups in front where there are groups.
Shape grouped_weights(const Shape& weights, int64_t groups) {
  if (groups == 1) return weights;
  Shape shape{groups, weights[0] / groups};
  for (int i = 1; i < weights.rank(); ++i) shape.push_back(weights[i]);
  return shape;
}

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& w = context.inputs()[1];
  const StepTensor& y = context.outputs()[0];
  const NodeAttributes node(op_named("Conv"), context.attributes());
  const auto spatial = w.shape.dims().subspan(2);
  const SpatialWindow window = spatial_window(node, {spatial.begin(), spatial.end()});
  const Geometry geometry = geometry_of(window, x.shape, y.shape);
  const int64_t groups = node.integer("group");

  const bool integers = w.dtype == DType::kI8;
  const int per_filter = groups > 1 ? 3 : 1;  // axes of the weights that number the filters
  auto step = integers ? std::make_unique<FusedPrimitive>(
                             context, 3, y, FusedPrimitive::Integers{per_filter, 1, 2})
                       : std::make_unique<FusedPrimitive>(context, 3, y);
  const Shape weights = grouped_weights(w.shape, groups);
  const memory::desc bias =
      integers ? step->integer_bias_desc(Shape{w.shape[0]}) : bias_desc(context, 2);
  const dnnl::convolution_forward::primitive_desc primitive(
      dnnl_engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
      dnnl_desc(x), any_desc(w.dtype, weights), bias, step->result_desc(y), geometry.strides,
      geometry.dilations, geometry.begin_pads, geometry.end_pads, step->attributes());

  BoundPrimitive& bound = step->bound();
  bound.bind_input(DNNL_ARG_SRC, primitive.src_desc(), 0);
  // The weights are a constant: the tactic leaves others to another. They may lie packed already.
  std::vector<int> order(static_cast<size_t>(weights.rank()));
  std::iota(order.begin(), order.end(), 0);
  bound.bind_constant(
      DNNL_ARG_WEIGHTS, primitive.weights_desc(),
      pack_weights(context, 1, primitive.weights_desc(), plain_desc(w.dtype, weights), order));
  if (integers) {
    step->bind_integers(bias);
  } else {
    step->bind_bias(context, 2);
  }
  step->finish(dnnl::convolution_forward(primitive), primitive.dst_desc(),
               primitive.scratchpad_desc(), primitive.impl_info_str());
  return step;
}

}  // namespace

extern const StepDef kDnnlConv = {
    .kind = "dnnl.conv",
    .summary = "Convolution with bias and epilogue by oneDNN.",
    .prepare = prepare_dnnl<prepare>,
};

}  // namespace ingot
