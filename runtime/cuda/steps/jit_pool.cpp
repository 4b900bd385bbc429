// Max, average and p-norm pools of images with one to three spatial axes.
#include <algorithm>

#include "kernels/params/pool.h"
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cuda/image_step.h"

namespace ingot {
namespace {

using kernels::PoolParams;

class JitPool : public PreparedStep {
 public:
  explicit JitPool(const StepContext& context)
      : y_(context.outputs()[0]),
        x_bytes_(dtype_bytes(context.inputs()[0].dtype)),
        y_bytes_(dtype_bytes(y_.dtype)),
        vector_(context.attributes().integer("vector", 1)),
        kernel_(context, "pool") {
    const StepTensor& x = context.inputs()[0];
    const std::string op = context.attributes().text("op");
    const NodeAttributes node(op_named(op), context.attributes());
    if (context.outputs().size() > 1 && context.outputs()[1].present()) {
      unsupported(context, "indices of a maximum");
    }
    params_.window = window_params(
        context,
        window_over(spatial_window(node, node.integers("kernel_shape")), x.shape, y_.shape));
    params_.x_strides = image_strides(context, x);
    params_.y_strides = image_strides(context, y_);
    params_.batch = static_cast<int>(y_.shape[0]);
    params_.channels = static_cast<int>(y_.shape[1]);
    const int64_t vectors = (y_.shape[1] + vector_ - 1) / vector_;
    params_.vectors = size_divisor(context, vectors);
    int64_t threads = y_.shape[0] * vectors;
    for (size_t axis = 0; axis < 3; ++axis) {
      params_.positions[axis] = size_divisor(context, params_.window.positions[axis]);
      threads *= params_.window.positions[axis];
    }
    vectors_ =
        vector_ > 1 && strides_allow_vectors(x, vector_) && strides_allow_vectors(y_, vector_);
    if (op == "AveragePool") params_.count_padding = node.integer("count_include_pad") != 0;
    if (op == "LpPool") params_.exponent = static_cast<float>(node.integer("p"));
    launch_.block.x = 256;
    launch_.grid.x = blocks_for(count_threads(context, threads), 256);
  }

  void run(const StepMemory& memory) override {
    if (y_.elements() == 0) return;
    PoolParams params = params_;
    params.x = memory.inputs[0];
    params.y = memory.outputs[0];
    const auto fits = [&](const void* address, size_t element) {
      const auto bytes = std::min<uintptr_t>(static_cast<uintptr_t>(vector_) * element, 16);
      return reinterpret_cast<uintptr_t>(address) % bytes == 0;
    };
    params.aligned =
        vector_ == 1 || (vectors_ && fits(params.x, x_bytes_) && fits(params.y, y_bytes_));
    kernel_.launch(memory, launch_, params);
  }

 private:
  StepTensor y_;
  size_t x_bytes_, y_bytes_;  ///< of elements
  int64_t vector_;
  bool vectors_ = false;
  JitKernel<PoolParams> kernel_;
  PoolParams params_{};
  LaunchShape launch_;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<JitPool>(context);
}

}  // namespace

extern const StepDef kJitPool = {
    .kind = "jit.pool",
    .summary = "Max, average and p-norm pools over sliding windows.",
    .prepare = prepare,
};

}  // namespace ingot
