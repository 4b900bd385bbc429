// Depthwise convolution: over vectors of channels where these lie side by side, over planes, and by
// an entry for everything else. Which one suits is known with the strides, and for vectors with the
// addresses of a run, because a window may begin anywhere.
#include <algorithm>
#include <optional>

#include "kernels/params/depthwise.h"
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cuda/image_step.h"

namespace ingot {
namespace {

using kernels::DepthwiseParams;

constexpr int64_t kBlockThreads = 128, kMostGridRows = 65535;  // as the kernels' launch bounds

int64_t ceil_divide(int64_t a, int64_t b) { return (a + b - 1) / b; }

class JitDepthwise : public PreparedStep {
 public:
  explicit JitDepthwise(const StepContext& context)
      : x_(context.inputs()[0]),
        y_(context.outputs()[0]),
        weights_(context, 1, false),
        epilogue_(context, 3),
        has_bias_(has_input(context, 2)),
        vector_(context.attributes().integer("vector", 1)),
        tile_(context.attributes().integer("tile", 1)) {
    const NodeAttributes node(op_named("Conv"), context.attributes());
    const Shape& w = context.inputs()[1].shape;
    if (w[1] != 1 || x_.shape[1] == 0 || node.integer("group") != x_.shape[1]) {
      unsupported(context, "not depthwise");
    }
    if (!context.inputs()[1].is_constant) unsupported(context, "weights of the run");
    const Window window = window_over(
        spatial_window(node, std::vector<int64_t>(w.begin() + 2, w.end())), x_.shape, y_.shape);
    if (window.kernel[0] != 1) unsupported(context, "three spatial axes");
    params_.window = window_params(context, window);
    params_.x_strides = image_strides(context, x_);
    params_.y_strides = image_strides(context, y_);
    params_.x_zero = static_cast<float>(context.attributes().integer("x_zero"));
    params_.batch = static_cast<int>(y_.shape[0]);
    params_.filters = static_cast<int>(y_.shape[1]);
    params_.multiplier = static_cast<int>(y_.shape[1] / x_.shape[1]);
    choose(context);
  }

  std::string implementation() const override { return fast_ ? fast_entry_ : "depthwise_any"; }

  void run(const StepMemory& memory) override {
    if (y_.elements() == 0) return;
    DepthwiseParams params = params_;
    params.x = memory.inputs[0];
    params.w = weights_.address(memory);
    params.bias = has_bias_ ? memory.inputs[2] : nullptr;
    params.y = memory.outputs[0];
    params.epilogue = epilogue_.params(memory);
    if (fast_ && aligned(params)) {
      fast_->launch(memory, fast_shape_, params);
    } else {
      any_->launch(memory, any_shape_, params);
    }
  }

 private:
  void choose(const StepContext& context) {
    any_.emplace(context, "depthwise_any");
    any_shape_.block.x = 256;
    any_shape_.grid.x = blocks_for(y_.elements(), 256);
    const bool planes = x_.layout == Layout::kPlain;
    if (y_.layout != x_.layout) unsupported(context, "another layout of the output");
    if (planes ? context.attributes().integer("known_kernel", 0) == 0 : !vectors_fit()) return;
    fast_entry_ = planes ? "depthwise_planes" : "depthwise_channels_last";
    fast_.emplace(context, fast_entry_);
    if (planes) {
      shape_planes(context);
    } else {
      shape_vectors(context.device()->facts().multiprocessors);
    }
  }

  /// Pixels are read one by one where several filters share a channel.
  bool aligned(const DepthwiseParams& params) const {
    const auto fits = [&](const void* address, DType dtype) {
      const auto bytes =
          std::min<uintptr_t>(static_cast<uintptr_t>(vector_) * dtype_bytes(dtype), 16);
      return reinterpret_cast<uintptr_t>(address) % bytes == 0;
    };
    return fits(params.y, y_.dtype) && fits(params.w, x_.dtype) &&
           (params.multiplier > 1 || fits(params.x, x_.dtype));
  }

  bool vectors_fit() const {
    const int64_t in_vector = params_.multiplier == 1 ? vector_ : 1;
    return strides_allow_vectors(x_, in_vector) && strides_allow_vectors(y_, vector_);
  }

  /// A block takes neighbouring vectors of channels, tiles of a row, and rows: what the patches of
  /// neighbours share is read from the L1 cache.
  void shape_vectors(int64_t multiprocessors) {
    const int64_t vectors = params_.filters / vector_;
    const int64_t tiles = ceil_divide(y_.shape[y_.shape.rank() - 1], tile_);
    const int64_t rows = params_.window.positions[1];
    // As few idle threads at the end of the channels as can be.
    int64_t wide = std::min<int64_t>(vectors, 16);
    for (int64_t width = wide; width >= std::min<int64_t>(wide, 6); --width) {
      if (ceil_divide(vectors, width) * width < ceil_divide(vectors, wide) * wide) wide = width;
    }
    // Half blocks where whole ones are too few to go around.
    const int64_t threads = vectors * tiles * rows * params_.batch;
    const int64_t block = threads < 2 * kBlockThreads * multiprocessors ? 64 : kBlockThreads;
    const int64_t rest = std::max<int64_t>(block / wide, 1);
    int64_t deep = std::min<int64_t>(rows, rest >= 16 ? 4 : rest >= 4 ? 2 : 1);
    const int64_t across = std::min(tiles, std::max<int64_t>(rest / deep, 1));
    deep = std::min(rows, std::max<int64_t>(rest / across, 1));
    fast_shape_.block = {static_cast<uint32_t>(wide), static_cast<uint32_t>(across),
                         static_cast<uint32_t>(std::min<int64_t>(deep, 64))};
    params_.channel_blocks = static_cast<int>(ceil_divide(vectors, wide));
    fast_shape_.grid = {static_cast<uint32_t>(params_.channel_blocks * ceil_divide(tiles, across)),
                        blocks_for(rows, fast_shape_.block.z),
                        static_cast<uint32_t>(std::min<int64_t>(params_.batch, kMostGridRows))};
  }

  void shape_planes(const StepContext& context) {
    const int64_t columns = params_.window.positions[2];
    const int64_t row_groups = ceil_divide(params_.window.positions[1], tile_);
    params_.plane_columns = size_divisor(context, columns);
    params_.plane_row_groups = size_divisor(context, row_groups);
    params_.plane_filters = size_divisor(context, params_.filters);
    const uint32_t threads =
        count_threads(context, columns * row_groups * params_.filters * params_.batch);
    fast_shape_.block.x = kBlockThreads;
    fast_shape_.grid.x = blocks_for(threads, kBlockThreads);
  }

  StepTensor x_, y_;
  ConvWeights weights_;
  ImageEpilogue epilogue_;
  bool has_bias_;
  int64_t vector_, tile_;
  DepthwiseParams params_{};
  std::optional<JitKernel<DepthwiseParams>> fast_, any_;
  std::string fast_entry_;
  LaunchShape fast_shape_, any_shape_;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<JitDepthwise>(context);
}

}  // namespace

extern const StepDef kJitDepthwise = {
    .kind = "jit.depthwise",
    .summary = "Depthwise convolution with bias and epilogue.",
    .prepare = prepare,
};

}  // namespace ingot
