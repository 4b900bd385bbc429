// Softmax and LogSoftmax along one axis by oneDNN.
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cpu/dnnl/simple.h"

namespace ingot {
namespace {

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  const std::string op = context.attributes().text("op", "Softmax");
  const NodeAttributes node(op_named(op), context.attributes());
  const int axis = node.axis("axis", x.shape.rank());
  auto step = std::make_unique<SimplePrimitive>();
  const dnnl::softmax_forward::primitive_desc primitive(
      dnnl_engine(), dnnl::prop_kind::forward_inference,
      op == "Softmax" ? dnnl::algorithm::softmax_accurate : dnnl::algorithm::softmax_log,
      dnnl_desc(x), dnnl_desc(y), axis, SimplePrimitive::attributes());
  step->bound().bind_input(DNNL_ARG_SRC, primitive.src_desc(), 0);
  step->bound().bind_output(DNNL_ARG_DST, primitive.dst_desc(), 0);
  step->finish(dnnl::softmax_forward(primitive), primitive);
  return step;
}

}  // namespace

extern const StepDef kDnnlSoftmax = {
    .kind = "dnnl.softmax",
    .summary = "Softmax and LogSoftmax by oneDNN.",
    .prepare = prepare_dnnl<prepare>,
};

}  // namespace ingot
