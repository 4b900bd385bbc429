// LayerNormalization over the last axis by oneDNN.
#include "core/base/error.h"
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cpu/dnnl/simple.h"

namespace ingot {
namespace {

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  const NodeAttributes node(op_named("LayerNormalization"), context.attributes());
  if (node.axis("axis", x.shape.rank()) != x.shape.rank() - 1) {
    fail({"step.unsupported", "layer normalization over more than the last axis", context.name(),
          "use the reference tactic"});
  }
  const bool has_bias = context.inputs().size() > 2 && context.inputs()[2].present();
  auto flags = dnnl::normalization_flags::use_scale;
  if (has_bias) flags = flags | dnnl::normalization_flags::use_shift;
  auto step = std::make_unique<SimplePrimitive>();
  const dnnl::layer_normalization_forward::primitive_desc primitive(
      dnnl_engine(), dnnl::prop_kind::forward_inference, dnnl_desc(x), dnnl_desc(y),
      node.number("epsilon"), flags, SimplePrimitive::attributes());
  BoundPrimitive& bound = step->bound();
  bound.bind_input(DNNL_ARG_SRC, primitive.src_desc(), 0);
  bound.bind_output(DNNL_ARG_DST, primitive.dst_desc(), 0);
  const dnnl::memory::desc vector = plain_desc(DType::kF32, {x.shape[x.shape.rank() - 1]});
  bound.bind_input(DNNL_ARG_SCALE, vector, 1);
  if (has_bias) bound.bind_input(DNNL_ARG_SHIFT, vector, 2);
  step->finish(dnnl::layer_normalization_forward(primitive), primitive);
  return step;
}

}  // namespace

extern const StepDef kDnnlLayerNorm = {
    .kind = "dnnl.layer_norm",
    .summary = "LayerNormalization over the last axis by oneDNN.",
    .prepare = prepare_dnnl<prepare>,
};

}  // namespace ingot
