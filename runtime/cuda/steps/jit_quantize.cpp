// QuantizeLinear and DequantizeLinear, with scales per tensor, per axis or per block.
#include <algorithm>

#include "kernels/params/quantize.h"
#include "ops/infer.h"
#include "runtime/cuda/row_launch.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

using kernels::QuantizeParams;

kernels::Divisor divisor(int64_t n) {
  return kernels::make_divisor(static_cast<unsigned>(std::max<int64_t>(n, 1)));
}

class QuantizeStep : public PreparedStep {
 public:
  explicit QuantizeStep(const StepContext& context)
      : scalar_(context, "quantize_scalar"), vector_(context, "quantize_vector") {
    const StepTensor& x = context.inputs()[0];
    const StepTensor& y = context.outputs()[0];
    const StepTensor& scale = context.inputs()[1];
    if (!x.dense() || !y.dense() || x.layout != y.layout) unsupported(context, "a window");
    if (x.elements() > INT32_MAX) unsupported(context, "2^31 elements and more");
    has_zero_ = has_input(context, 2);
    params_.elements = static_cast<unsigned>(x.elements());
    params_.per_tensor = scale.elements() == 1 && scale.shape.rank() <= 1;
    params_.length = params_.inner = params_.block = divisor(1);
    // As many of the wider type as 16 bytes hold.
    per_thread_ = static_cast<int>(16 / std::max(dtype_bytes(x.dtype), dtype_bytes(y.dtype)));
    if (params_.per_tensor) return;
    const int axis =
        normalize_axis(context.attributes().integer("axis", 1), x.shape.rank(), context.name());
    const MemorySplit split = memory_split(x, axis);
    params_.length = divisor(split.length);
    params_.inner = divisor(split.inner);
    const int64_t block = context.attributes().integer("block_size", 0);
    if (scale.shape.rank() == 1 && block == 0) return;
    if (x.layout != Layout::kPlain) unsupported(context, "blocks in another layout than plain");
    params_.block = divisor(block);
    params_.blocks = static_cast<unsigned>(scale.shape[axis]);
  }

  void run(const StepMemory& memory) override {
    if (params_.elements == 0) return;
    QuantizeParams params = params_;
    params.x = memory.inputs[0];
    params.scale = memory.inputs[1];
    params.zero = has_zero_ ? memory.inputs[2] : nullptr;
    params.y = memory.outputs[0];
    const bool vectors = vector_aligned({params.x, params.y});
    const int64_t per_block = int64_t{kernels::kQuantizeThreads} * (vectors ? per_thread_ : 1);
    const LaunchShape shape{{blocks_for(params.elements, per_block)}, {kernels::kQuantizeThreads}};
    (vectors ? vector_ : scalar_).launch(memory, shape, params);
  }

 private:
  JitKernel<QuantizeParams> scalar_, vector_;
  QuantizeParams params_{};
  int per_thread_ = 1;
  bool has_zero_ = false;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<QuantizeStep>(context);
}

}  // namespace

extern const StepDef kJitQuantize = {
    .kind = "jit.quantize",
    .summary = "Numbers to integers by scales and zero points, or back.",
    .prepare = prepare,
};

}  // namespace ingot
