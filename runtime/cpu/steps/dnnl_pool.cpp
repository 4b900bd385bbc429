// Max, average and global pooling by oneDNN. Attribute "op" says which operator it is.
#include "core/base/error.h"
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cpu/dnnl/simple.h"

namespace ingot {
namespace {

using dnnl::memory;

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  const std::string op = context.attributes().text("op");
  const bool global = op.starts_with("Global");
  const bool is_max = op == "MaxPool" || op == "GlobalMaxPool";

  memory::dims kernel, strides, dilations, begin_pads, end_pads;
  bool include_pad = false;
  if (global) {
    for (int i = 2; i < x.shape.rank(); ++i) {
      kernel.push_back(x.shape[i]);
      strides.push_back(1);
      dilations.push_back(0);
      begin_pads.push_back(0);
      end_pads.push_back(0);
    }
  } else {
    const NodeAttributes node(op_named(op), context.attributes());
    include_pad = !is_max && node.integer("count_include_pad") != 0;
    const SpatialWindow window = spatial_window(node, node.integers("kernel_shape"));
    for (int i = 0; i < static_cast<int>(window.kernel.size()); ++i) {
      const auto axis = static_cast<size_t>(i);
      const int64_t span = (window.kernel[axis] - 1) * window.dilations[axis] + 1;
      const int64_t begin = window.begin_pad(i, x.shape[i + 2]);
      kernel.push_back(window.kernel[axis]);
      strides.push_back(window.strides[axis]);
      dilations.push_back(window.dilations[axis] - 1);
      begin_pads.push_back(begin);
      end_pads.push_back((y.shape[i + 2] - 1) * window.strides[axis] + span - x.shape[i + 2] -
                         begin);
    }
  }
  const dnnl::algorithm algorithm = is_max        ? dnnl::algorithm::pooling_max
                                    : include_pad ? dnnl::algorithm::pooling_avg_include_padding
                                                  : dnnl::algorithm::pooling_avg_exclude_padding;
  auto step = std::make_unique<SimplePrimitive>();
  const dnnl::pooling_forward::primitive_desc primitive(
      dnnl_engine(), dnnl::prop_kind::forward_inference, algorithm, dnnl_desc(x), dnnl_desc(y),
      strides, kernel, dilations, begin_pads, end_pads, SimplePrimitive::attributes());
  step->bound().bind_input(DNNL_ARG_SRC, primitive.src_desc(), 0);
  step->bound().bind_output(DNNL_ARG_DST, primitive.dst_desc(), 0);
  step->finish(dnnl::pooling_forward(primitive), primitive);
  return step;
}

}  // namespace

extern const StepDef kDnnlPool = {
    .kind = "dnnl.pool",
    .summary = "Max, average and global pooling by oneDNN.",
    .prepare = prepare_dnnl<prepare>,
};

}  // namespace ingot
