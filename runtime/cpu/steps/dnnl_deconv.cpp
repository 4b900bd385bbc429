// Transposed convolution by oneDNN's deconvolution, with bias and epilogue.
#include <algorithm>

#include "core/base/error.h"
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cpu/deconv_window.h"
#include "runtime/cpu/dnnl/fused.h"

namespace ingot {
namespace {

using dnnl::memory;

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& w = context.inputs()[1];
  const StepTensor& y = context.outputs()[0];
  const NodeAttributes node(op_named("ConvTranspose"), context.attributes());
  const auto spatial = w.shape.dims().subspan(2);
  const SpatialWindow window = spatial_window(node, {spatial.begin(), spatial.end()});
  const int64_t groups = node.integer("group");

  const std::vector<int64_t> begins = deconv_begins(node, window, x.shape, y.shape);
  memory::dims strides, dilations, begin_pads, end_pads;
  for (int i = 0; i < static_cast<int>(window.kernel.size()); ++i) {
    const auto axis = static_cast<size_t>(i);
    const int64_t span = (window.kernel[axis] - 1) * window.dilations[axis] + 1;
    const int64_t total = (x.shape[i + 2] - 1) * window.strides[axis] + span - y.shape[i + 2];
    strides.push_back(window.strides[axis]);
    dilations.push_back(window.dilations[axis] - 1);
    begin_pads.push_back(begins[axis]);
    end_pads.push_back(total - begins[axis]);
  }

  // ONNX stores [in, out/groups, k...]; oneDNN's axes are [groups,] out, in, k...
  const int64_t in = w.shape[0] / groups, out = w.shape[1];
  const int64_t kernel = w.elements() / (w.shape[0] * out);
  memory::dims dims, plain_strides;
  std::vector<int> order;
  if (groups > 1) {
    dims = {groups, out, in};
    plain_strides = {in * out * kernel, kernel, out * kernel};
    order = {0, 2, 1};
  } else {
    dims = {out, in};
    plain_strides = {kernel, out * kernel};
    order = {1, 0};
  }
  int64_t stride = kernel;
  for (int64_t size : spatial) {
    stride /= size;
    order.push_back(static_cast<int>(order.size()));
    dims.push_back(size);
    plain_strides.push_back(stride);
  }
  const memory::data_type type = dnnl_type(w.dtype);
  const memory::desc any(dims, type, memory::format_tag::any);
  const memory::desc plain(dims, type, plain_strides);
  const memory::desc bias = bias_desc(context, 2);

  auto step = std::make_unique<FusedPrimitive>(context, 3, y);
  const dnnl::deconvolution_forward::primitive_desc primitive(
      dnnl_engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::deconvolution_direct,
      dnnl_desc(x), any, bias, dnnl_desc(y), strides, dilations, begin_pads, end_pads,
      step->attributes());
  BoundPrimitive& bound = step->bound();
  bound.bind_input(DNNL_ARG_SRC, primitive.src_desc(), 0);
  bound.bind_constant(DNNL_ARG_WEIGHTS, primitive.weights_desc(),
                      pack_weights(context, 1, primitive.weights_desc(), plain, order));
  step->bind_bias(context, 2);
  step->finish(dnnl::deconvolution_forward(primitive), primitive.dst_desc(),
               primitive.scratchpad_desc(), primitive.impl_info_str());
  return step;
}

}  // namespace

extern const StepDef kDnnlDeconv = {
    .kind = "dnnl.deconv",
    .summary = "Transposed convolution with bias and epilogue by oneDNN.",
    .prepare = prepare_dnnl<prepare>,
};

}  // namespace ingot
