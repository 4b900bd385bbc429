// Convolution and transposed convolution of any shape by a tiled product without tensor cores.
#include <algorithm>

#include "kernels/params/conv.h"
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cuda/image_step.h"

namespace ingot {
namespace {

using kernels::ConvParams;

int64_t ceil_divide(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// The window of a transposed convolution: it slides over the output and gives the input.
Window transposed_window(const NodeAttributes& node, const Shape& x, const Shape& w,
                         const Shape& y) {
  const size_t axes = static_cast<size_t>(w.rank()) - 2;
  const auto entry = [&](std::string_view name, size_t i, int64_t fallback) {
    const std::vector<int64_t> values = node.integers(name);
    return i < values.size() ? values[i] : fallback;
  };
  const std::string auto_pad = node.text("auto_pad");
  const bool same = auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER";
  Window window;
  for (size_t i = 0; i < axes; ++i) {
    const size_t to = 3 - axes + i;
    const int axis = static_cast<int>(i) + 2;
    window.image[to] = y[axis];
    window.positions[to] = x[axis];
    window.kernel[to] = w[axis];
    window.strides[to] = entry("strides", i, 1);
    window.dilations[to] = entry("dilations", i, 1);
    window.begin_pads[to] = auto_pad == "VALID" ? 0 : entry("pads", i, 0);
    if (same || !node.integers("output_shape").empty()) {
      // What is cropped is shared out between the ends.
      const int64_t full = (x[axis] - 1) * window.strides[to] + entry("output_padding", i, 0) +
                           (w[axis] - 1) * window.dilations[to] + 1;
      const int64_t cropped = std::max<int64_t>(0, full - y[axis]);
      window.begin_pads[to] = auto_pad == "SAME_UPPER" ? cropped / 2 : cropped - cropped / 2;
    }
  }
  return window;
}

class JitConv : public PreparedStep {
 public:
  JitConv(const StepContext& context, bool transposed)
      : y_(context.outputs()[0]),
        weights_(context, context.attributes().integer("group", 1), transposed),
        epilogue_(context, 3),
        has_bias_(has_input(context, 2)),
        kernel_(context, "conv") {
    const StepTensor& x = context.inputs()[0];
    const Shape& w = context.inputs()[1].shape;
    const NodeAttributes node(op_named(transposed ? "ConvTranspose" : "Conv"),
                              context.attributes());
    const std::vector<int64_t> kernel(w.begin() + 2, w.end());
    const Window window = transposed ? transposed_window(node, x.shape, w, y_.shape)
                                     : window_over(spatial_window(node, kernel), x.shape, y_.shape);
    params_.window = window_params(context, window);
    params_.x_strides = image_strides(context, x);
    params_.y_strides = image_strides(context, y_);
    params_.x_zero = static_cast<float>(context.attributes().integer("x_zero"));
    params_.batch = static_cast<int>(y_.shape[0]);
    params_.groups = static_cast<int>(weights_.groups);
    params_.channels = static_cast<int>(weights_.channels);
    params_.filters = static_cast<int>(weights_.filters);
    // Offsets within the weights of a group are 32-bit.
    count_threads(context, weights_.taps * weights_.channels * weights_.filters);
    params_.w_group = weights_.group_stride;
    params_.w_filter = static_cast<int>(weights_.filter_stride);
    params_.w_channel = static_cast<int>(weights_.channel_stride);
    params_.w_tap = static_cast<int>(weights_.tap_stride);
    vectors_ = strides_allow_vectors(y_, 4) && weights_.filters % 4 == 0;

    const int64_t rows = context.attributes().integer("rows", 64);
    const int64_t columns = context.attributes().integer("columns", 64);
    int64_t phases = 1, positions = y_.shape[0];
    for (size_t axis = 0; axis < 3; ++axis) {
      const int64_t step = transposed ? window.strides[axis] : 1;
      const int64_t outputs = transposed ? window.image[axis] : window.positions[axis];
      phases *= step;
      positions *= ceil_divide(outputs, step);
    }
    count_threads(context, positions + rows);
    const int64_t thread_rows = context.attributes().integer("thread_rows", 4);
    launch_.block.x = static_cast<uint32_t>(rows * columns / (4 * thread_rows));
    launch_.grid.x = blocks_for(positions, rows);
    launch_.grid.y =
        static_cast<uint32_t>(weights_.groups * ceil_divide(weights_.filters, columns));
    launch_.grid.z = static_cast<uint32_t>(phases);
    if (launch_.grid.y > 65535 || phases > 65535) unsupported(context, "so many filters or phases");
  }

  void run(const StepMemory& memory) override {
    if (y_.elements() == 0) return;
    ConvParams params = params_;
    params.x = memory.inputs[0];
    params.w = weights_.address(memory);
    params.bias = has_bias_ ? memory.inputs[2] : nullptr;
    params.y = memory.outputs[0];
    params.y_vectors =
        vectors_ && reinterpret_cast<uintptr_t>(params.y) % (4 * dtype_bytes(y_.dtype)) == 0;
    params.epilogue = epilogue_.params(memory);
    kernel_.launch(memory, launch_, params);
  }

 private:
  StepTensor y_;
  ConvWeights weights_;
  ImageEpilogue epilogue_;
  bool has_bias_, vectors_ = false;
  JitKernel<ConvParams> kernel_;
  ConvParams params_{};
  LaunchShape launch_;
};

std::unique_ptr<PreparedStep> prepare_conv(const StepContext& context) {
  return std::make_unique<JitConv>(context, false);
}

std::unique_ptr<PreparedStep> prepare_deconv(const StepContext& context) {
  return std::make_unique<JitConv>(context, true);
}

}  // namespace

extern const StepDef kJitConv = {
    .kind = "jit.conv",
    .summary = "Convolution of any shape, with bias and epilogue, without tensor cores.",
    .prepare = prepare_conv,
};

extern const StepDef kJitDeconv = {
    .kind = "jit.deconv",
    .summary = "Transposed convolution of any shape, with bias and epilogue.",
    .prepare = prepare_deconv,
};

}  // namespace ingot
