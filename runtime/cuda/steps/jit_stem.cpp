// The first convolution of a network: planes of an image to many filters, channels last.
#include "kernels/params/conv.h"
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cuda/image_step.h"

namespace ingot {
namespace {

using kernels::StemParams;

// As in kernels/ops/stem.cuh.
constexpr uint32_t kBlockThreads = 128;
constexpr int64_t kGroup = 8, kPlaceStep = 8, kColumns = 32;

class JitStem : public PreparedStep {
 public:
  explicit JitStem(const StepContext& context)
      : y_(context.outputs()[0]),
        weights_(context, 1, false, /*tap_major=*/false),
        epilogue_(context, 3),
        has_bias_(has_input(context, 2)),
        kernel_(context, "stem") {
    const StepTensor& x = context.inputs()[0];
    const Shape& w = context.inputs()[1].shape;
    const NodeAttributes node(op_named("Conv"), context.attributes());
    if (w.rank() != 4 || w[1] != x.shape[1]) unsupported(context, "not an ungrouped 2-D Conv");
    if (!context.inputs()[1].is_constant) unsupported(context, "weights of the run");
    if (y_.strides[1] != 1 || w[0] % kGroup != 0) unsupported(context, "this output");
    const Window window = window_over(spatial_window(node, {w[2], w[3]}), x.shape, y_.shape);
    params_.window = window_params(context, window);
    params_.x_strides = image_strides(context, x);
    params_.y_strides = image_strides(context, y_);
    params_.x_zero = static_cast<float>(context.attributes().integer("x_zero"));
    params_.batch = static_cast<int>(y_.shape[0]);
    params_.filters = static_cast<int>(y_.shape[1]);
    const int64_t groups = context.attributes().integer("filter_groups", 4);
    params_.row_blocks = static_cast<int>(blocks_for(y_.shape[3], kColumns));
    launch_.block.x = kBlockThreads;
    launch_.grid = {
        static_cast<uint32_t>(params_.row_blocks) * blocks_for(y_.shape[1], kGroup * groups),
        blocks_for(y_.shape[2], kBlockThreads / (kPlaceStep * groups)),
        static_cast<uint32_t>(y_.shape[0])};
    if (launch_.grid.y > 65535 || y_.shape[0] > 65535) unsupported(context, "so large a batch");
  }

  void run(const StepMemory& memory) override {
    if (y_.elements() == 0) return;
    StemParams params = params_;
    params.x = memory.inputs[0];
    params.w = weights_.address(memory);
    params.bias = has_bias_ ? memory.inputs[2] : nullptr;
    params.y = memory.outputs[0];
    params.epilogue = epilogue_.params(memory);
    kernel_.launch(memory, launch_, params);
  }

 private:
  StepTensor y_;
  ConvWeights weights_;
  ImageEpilogue epilogue_;
  bool has_bias_;
  JitKernel<StemParams> kernel_;
  StemParams params_{};
  LaunchShape launch_;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<JitStem>(context);
}

}  // namespace

extern const StepDef kJitStem = {
    .kind = "jit.stem",
    .summary = "Convolution of an image of a few planes to channels last.",
    .prepare = prepare,
};

}  // namespace ingot
