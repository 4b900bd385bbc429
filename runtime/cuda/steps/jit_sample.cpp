// GridSample and RoiAlign: images read between their pixels.
#include "kernels/params/sample.h"
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cuda/image_step.h"

namespace ingot {
namespace {

using kernels::GridSampleParams;
using kernels::RoiAlignParams;

void require_dense_plain(const StepContext& context, const StepTensor& tensor) {
  if (!dense_from(tensor, 0))
    unsupported(context, "a grid or regions that are not dense and plain");
}

class JitGridSample : public PreparedStep {
 public:
  explicit JitGridSample(const StepContext& context)
      : y_(context.outputs()[0]), kernel_(context, "grid_sample") {
    const StepTensor& x = context.inputs()[0];
    const int rank = x.shape.rank();
    require_dense_plain(context, context.inputs()[1]);
    params_.x_strides = image_strides(context, x);
    params_.y_strides = image_strides(context, y_);
    const int64_t vector = context.attributes().integer("vector", 1);
    const int64_t vectors = (y_.shape[1] + vector - 1) / vector;
    params_.vectors = size_divisor(context, vectors);
    params_.batch = static_cast<int>(y_.shape[0]);
    params_.channels = static_cast<int>(y_.shape[1]);
    int64_t threads = y_.shape[0] * vectors;
    for (int i = 0; i < 3; ++i) {
      const int axis = rank - 3 + i;
      params_.image[i] = axis < 2 ? 1 : static_cast<int>(x.shape[axis]);
      const int64_t positions = axis < 2 ? 1 : y_.shape[axis];
      params_.positions[i] = size_divisor(context, positions);
      threads *= positions;
    }
    launch_.block.x = 256;
    launch_.grid.x = blocks_for(count_threads(context, threads), 256);
  }

  void run(const StepMemory& memory) override {
    if (y_.elements() == 0) return;
    GridSampleParams params = params_;
    params.x = memory.inputs[0];
    params.grid = memory.inputs[1];
    params.y = memory.outputs[0];
    kernel_.launch(memory, launch_, params);
  }

 private:
  StepTensor y_;
  JitKernel<GridSampleParams> kernel_;
  GridSampleParams params_{};
  LaunchShape launch_;
};

class JitRoiAlign : public PreparedStep {
 public:
  explicit JitRoiAlign(const StepContext& context)
      : y_(context.outputs()[0]), kernel_(context, "roi_align") {
    const StepTensor& x = context.inputs()[0];
    const NodeAttributes node(op_named("RoiAlign"), context.attributes());
    require_dense_plain(context, context.inputs()[1]);
    require_dense_plain(context, context.inputs()[2]);
    params_.x_strides = image_strides(context, x);
    params_.y_strides = image_strides(context, y_);
    params_.height = static_cast<int>(x.shape[2]);
    params_.width = static_cast<int>(x.shape[3]);
    params_.images = static_cast<int>(x.shape[0]);
    params_.regions = static_cast<int>(y_.shape[0]);
    params_.channels = static_cast<int>(y_.shape[1]);
    const int64_t vector = context.attributes().integer("vector", 1);
    const int64_t vectors = (y_.shape[1] + vector - 1) / vector;
    params_.vectors = size_divisor(context, vectors);
    params_.rows = size_divisor(context, y_.shape[2]);
    params_.columns = size_divisor(context, y_.shape[3]);
    const bool half_pixel = node.text("coordinate_transformation_mode") == "half_pixel";
    params_.scale = node.number("spatial_scale");
    params_.shift = half_pixel ? 0.5F : 0.0F;
    params_.at_least_one = !half_pixel;
    params_.sampling_ratio = static_cast<int>(node.integer("sampling_ratio"));
    launch_.block.x = 256;
    launch_.grid.x =
        blocks_for(count_threads(context, y_.shape[0] * vectors * y_.shape[2] * y_.shape[3]), 256);
  }

  void run(const StepMemory& memory) override {
    if (y_.elements() == 0) return;
    RoiAlignParams params = params_;
    params.x = memory.inputs[0];
    params.rois = memory.inputs[1];
    params.batches = static_cast<const long long*>(memory.inputs[2]);
    params.y = memory.outputs[0];
    kernel_.launch(memory, launch_, params);
  }

 private:
  StepTensor y_;
  JitKernel<RoiAlignParams> kernel_;
  RoiAlignParams params_{};
  LaunchShape launch_;
};

std::unique_ptr<PreparedStep> prepare_grid_sample(const StepContext& context) {
  return std::make_unique<JitGridSample>(context);
}

std::unique_ptr<PreparedStep> prepare_roi_align(const StepContext& context) {
  return std::make_unique<JitRoiAlign>(context);
}

}  // namespace

extern const StepDef kJitGridSample = {
    .kind = "jit.grid_sample",
    .summary = "GridSample of images with two or three spatial axes.",
    .prepare = prepare_grid_sample,
};

extern const StepDef kJitRoiAlign = {
    .kind = "jit.roi_align",
    .summary = "RoiAlign.",
    .prepare = prepare_roi_align,
};

}  // namespace ingot
