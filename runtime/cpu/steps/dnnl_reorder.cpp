// Moves a tensor from one layout (or float type) to another by oneDNN.
#include "runtime/cpu/dnnl/simple.h"

namespace ingot {
namespace {

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  auto step = std::make_unique<SimplePrimitive>();
  const dnnl::reorder::primitive_desc primitive(dnnl_engine(), dnnl_desc(x), dnnl_engine(),
                                                dnnl_desc(y), SimplePrimitive::attributes());
  step->bound().bind_input(DNNL_ARG_FROM, dnnl_desc(x), 0);
  step->bound().bind_output(DNNL_ARG_TO, dnnl_desc(y), 0);
  step->finish(dnnl::reorder(primitive), primitive);
  return step;
}

}  // namespace

extern const StepDef kDnnlReorder = {
    .kind = "dnnl.reorder",
    .summary = "Layout and type conversion by oneDNN.",
    .prepare = prepare_dnnl<prepare>,
};

}  // namespace ingot
