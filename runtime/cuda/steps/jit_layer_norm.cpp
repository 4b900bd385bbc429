// LayerNormalization and RMSNormalization over the last axes of a plain tensor.
#include <limits>

#include "kernels/params/layer_norm.h"
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cuda/row_launch.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

using kernels::LayerNormParams;

class LayerNormStep : public PreparedStep {
 public:
  explicit LayerNormStep(const StepContext& context)
      : params_(params_of(context)),
        has_bias_(has_input(context, 2)),
        kernels_(context, "layer_norm", params_.rows, params_.length,
                 static_cast<int>(16 / dtype_bytes(context.inputs()[0].dtype))) {}

  std::string implementation() const override { return kernels_.entry(); }

  void run(const StepMemory& memory) override {
    LayerNormParams params = params_;
    params.x = memory.inputs[0];
    params.scale = memory.inputs[1];
    params.bias = has_bias_ ? memory.inputs[2] : nullptr;
    params.y = memory.outputs[0];
    if (params.length == 0) return;
    kernels_.launch(memory, params,
                    vector_aligned({params.x, params.scale, params.bias, params.y}));
  }

 private:
  static LayerNormParams params_of(const StepContext& context) {
    const StepTensor& x = context.inputs()[0];
    const std::string op = context.attributes().text("op");
    const NodeAttributes node(op_named(op), context.attributes());
    const int axis = node.axis("axis", x.shape.rank());
    if (!dense_from(x, 0) || !dense_from(context.outputs()[0], 0)) {
      unsupported(context, "a window or another layout of " + op);
    }
    int64_t length = 1;
    LayerNormParams params{};
    params.rows = 1;
    for (int i = 0; i < x.shape.rank(); ++i) {
      if (i < axis) {
        params.rows *= x.shape[i];
      } else {
        length *= x.shape[i];
      }
    }
    if (length > std::numeric_limits<int>::max()) unsupported(context, "rows of 2^31 elements");
    for (int i = 1; i < 3; ++i) {
      if (!has_input(context, i)) continue;
      const StepTensor& vector = context.inputs()[static_cast<size_t>(i)];
      if (vector.elements() != length || !dense_from(vector, 0)) {
        unsupported(context, "scale or bias of another shape than the normalised axes");
      }
    }
    params.length = static_cast<int>(length);
    params.epsilon = node.number("epsilon");
    return params;
  }

  LayerNormParams params_;
  bool has_bias_;
  RowKernels<LayerNormParams> kernels_;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<LayerNormStep>(context);
}

}  // namespace

extern const StepDef kJitLayerNorm = {
    .kind = "jit.layer_norm",
    .summary = "LayerNormalization and RMSNormalization over the last axes.",
    .prepare = prepare,
};

}  // namespace ingot
