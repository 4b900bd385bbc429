// Depthwise convolution (one filter a channel) where channels lie side by side: channels last, or
// in blocks. Bias and the usual activations are applied in registers; any other epilogue follows
// as a pointwise kernel over the output.
#include <cstring>
#include <optional>

#include "core/base/error.h"
#include "core/tensor/packed_format.h"
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cpu/integer/conv.h"
#include "runtime/cpu/integer/depthwise.h"
#include "runtime/cpu/kernels/depthwise_table.h"
#include "runtime/cpu/parallel.h"
#include "runtime/cpu/pointwise.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

struct Epilogue {
  Activation activation = Activation::kNone;
  float low = 0, high = 0;
};

/// The epilogue, if it is one activation of the accumulator.
std::optional<Epilogue> as_activation(const Expression* expression) {
  if (expression == nullptr || expression->empty()) return Epilogue{};
  const auto nodes = expression->nodes();
  const ExpressionNode& last = nodes.back();
  const auto is_accumulator = [&](int i) {
    const ExpressionNode& node = nodes[static_cast<size_t>(i)];
    return node.op == ScalarOp::kInput && node.index == 0;
  };
  if (expression->operation_count() != 1 || !is_accumulator(last.operands[0])) return std::nullopt;
  switch (last.op) {
    case ScalarOp::kRelu:
      return Epilogue{Activation::kRelu};
    case ScalarOp::kHardSwish:
      return Epilogue{Activation::kHardSwish};
    case ScalarOp::kSilu:
      return Epilogue{Activation::kSilu};
    case ScalarOp::kClip: {
      const ExpressionNode& low = nodes[static_cast<size_t>(last.operands[1])];
      const ExpressionNode& high = nodes[static_cast<size_t>(last.operands[2])];
      if (low.op != ScalarOp::kConstant || high.op != ScalarOp::kConstant) return std::nullopt;
      return Epilogue{Activation::kClip, low.value, high.value};
    }
    default:
      return std::nullopt;
  }
}

class DepthwiseStep : public PreparedStep {
 public:
  explicit DepthwiseStep(const StepContext& context)
      : threads_(context.threads()), x_(context.inputs()[0]), y_(context.outputs()[0]) {
    const StepTensor& w = context.inputs()[1];
    const NodeAttributes node(op_named("Conv"), context.attributes());
    check(context, node, w);
    block_ = x_.layout == Layout::kChannelsLast ? x_.shape[1] : layout_block(x_.layout);
    planes_ = (x_.shape[1] + block_ - 1) / block_;
    set_window(context, node, w);
    pack(context, w);
    set_epilogue(context);
  }

  std::string implementation() const override {
    return kernel_isa() == Isa::kAvx512 ? "avx512"
           : kernel_isa() == Isa::kAvx2 ? "avx2"
                                        : "generic";
  }

  /// The bias of blocked layouts, filled up to whole blocks.
  size_t scratch_bytes() const override {
    return has_bias_ ? static_cast<size_t>(padded_channels()) * sizeof(float) : 0;
  }

  void run(const StepMemory& memory) override {
    auto* bias = static_cast<float*>(memory.scratch);
    if (has_bias_) {
      std::memset(bias, 0, scratch_bytes());
      std::memcpy(bias, memory.inputs[2], static_cast<size_t>(x_.shape[1]) * sizeof(float));
    }
    const int64_t rows = y_.shape[0] * planes_ * y_.shape[2];
    const double cost =
        static_cast<double>(y_.shape.elements() * row_.kernel_height * row_.kernel_width) * 0.03;
    parallel_ranges(worthwhile_threads(threads_, cost), rows, [&](int64_t begin, int64_t end) {
      run_rows(memory, has_bias_ ? bias : nullptr, begin, end);
    });
    if (tail_) {
      const void* inputs[kMostExtras + 1] = {memory.outputs[0]};
      std::copy_n(memory.inputs + 3, extras_, inputs + 1);
      tail_->run(inputs, memory.outputs[0]);
    }
  }

 private:
  static constexpr int kMostExtras = 16;

  void check(const StepContext& context, const NodeAttributes& node, const StepTensor& w) {
    const bool depthwise = w.shape.rank() == 4 && node.integer("group") == x_.shape[1] &&
                           w.shape[0] == x_.shape[1] && w.shape[1] == 1;
    if (!depthwise) unsupported(context, "a convolution that is not depthwise and 2-D");
    if (x_.layout != y_.layout || x_.layout == Layout::kPlain) {
      unsupported(context, "depthwise convolution in the plain layout");
    }
    if (x_.dtype != DType::kF32 || w.dtype != DType::kF32 || y_.dtype != DType::kF32) {
      unsupported(context, "depthwise convolution of another type than f32");
    }
  }

  void set_window(const StepContext& context, const NodeAttributes& node, const StepTensor& w) {
    const SpatialWindow window = spatial_window(node, {w.shape[2], w.shape[3]});
    if (window.strides[0] != window.strides[1]) unsupported(context, "different strides");
    row_.height = x_.shape[2];
    row_.width = x_.shape[3];
    row_.out_width = y_.shape[3];
    row_.kernel_height = static_cast<int>(w.shape[2]);
    row_.kernel_width = static_cast<int>(w.shape[3]);
    row_.stride = static_cast<int>(window.strides[0]);
    row_.dilation_height = static_cast<int>(window.dilations[0]);
    row_.dilation_width = static_cast<int>(window.dilations[1]);
    row_.first_column = -window.begin_pad(1, x_.shape[3]);
    top_ = -window.begin_pad(0, x_.shape[2]);
    row_.x_row = x_.strides[2];
    row_.x_pixel = x_.strides[3];
    row_.y_pixel = y_.strides[3];
    row_.channels = block_;
    row_.weight_stride = padded_channels();
  }

  int64_t padded_channels() const { return (x_.shape[1] + 15) / 16 * 16; }

  /// Weights with the channels innermost, filled up with zeros.
  void pack(const StepContext& context, const StepTensor& w) {
    const int64_t channels = padded_channels();
    const int64_t taps = w.shape[2] * w.shape[3];
    PackedFormat format;
    format.dtype = DType::kF32;
    format.dims = w.shape;
    format.padded = {channels, 1, w.shape[2], w.shape[3]};
    format.strides = {1, channels * taps, channels * w.shape[3], channels};
    weights_ = context.packed_constant(1, format.to_string(), format.bytes(),
                                       [&](const void* plain, void* packed) {
                                         const auto* from = static_cast<const float*>(plain);
                                         auto* to = static_cast<float*>(packed);
                                         std::memset(to, 0, format.bytes());
                                         for (int64_t c = 0; c < w.shape[0]; ++c) {
                                           for (int64_t t = 0; t < taps; ++t)
                                             to[t * channels + c] = from[c * taps + t];
                                         }
                                       });
  }

  void set_epilogue(const StepContext& context) {
    has_bias_ = has_input(context, 2);
    if (has_bias_ && context.inputs()[2].dtype != DType::kF32) unsupported(context, "this bias");
    const Expression* expression = context.attributes().expression("epilogue");
    if (const auto epilogue = as_activation(expression)) {
      row_.activation = epilogue->activation;
      row_.low = epilogue->low;
      row_.high = epilogue->high;
      return;
    }
    std::vector<StepTensor> inputs = {y_};
    for (size_t i = 3; i < context.inputs().size(); ++i) inputs.push_back(context.inputs()[i]);
    extras_ = static_cast<int>(inputs.size()) - 1;
    if (extras_ > kMostExtras) unsupported(context, "an epilogue with more than 16 inputs");
    tail_ = std::make_unique<PointwiseKernel>(*expression, inputs, y_, context.threads());
  }

  void run_rows(const StepMemory& memory, const float* bias, int64_t begin, int64_t end) const {
    const DepthwiseTable& table = depthwise();
    const int64_t height = y_.shape[2];
    DepthwiseRow row = row_;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t y = i % height, plane = i / height % planes_, image = i / height / planes_;
      const int64_t channel = plane * block_;
      const bool blocks = x_.layout != Layout::kChannelsLast;
      row.x = static_cast<const float*>(memory.inputs[0]) + image * x_.strides[0] +
              (blocks ? plane * x_.strides[1] : 0);
      row.y = static_cast<float*>(memory.outputs[0]) + image * y_.strides[0] +
              (blocks ? plane * y_.strides[1] : 0) + y * y_.strides[2];
      row.weights = static_cast<const float*>(weights_) + channel;
      row.bias = bias ? bias + channel : nullptr;
      row.first_row = top_ + y * row.stride;
      table.run(row);
      const int64_t lanes = x_.shape[1] - channel;
      if (blocks && lanes < block_) zero_padding(row.y, lanes);
    }
  }

  /// An activation may have made the lanes past the last channel something else than zero.
  void zero_padding(float* y, int64_t lanes) const {
    for (int64_t i = 0; i < row_.out_width; ++i) {
      std::fill(y + i * row_.y_pixel + lanes, y + i * row_.y_pixel + block_, 0.0F);
    }
  }

  int threads_;
  StepTensor x_, y_;
  DepthwiseRow row_{};
  int64_t block_ = 1, planes_ = 1, top_ = 0;
  const void* weights_ = nullptr;
  bool has_bias_ = false;
  int extras_ = 0;
  std::unique_ptr<PointwiseKernel> tail_;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const StepTensor& w = context.inputs()[1];
  if (w.dtype == DType::kI8) {
    const IntegerConv conv = integer_conv(context);
    if (conv.weights.filters != 1 || conv.windows.channels != 1) {
      unsupported(context, "a convolution that is not depthwise");
    }
    return std::make_unique<IntegerDepthwise>(context, conv.windows);
  }
  return std::make_unique<DepthwiseStep>(context);
}

}  // namespace

extern const StepDef kCpuDepthwise = {
    .kind = "cpu.depthwise",
    .summary = "Depthwise convolution with bias and epilogue, channels last or in blocks.",
    .prepare = prepare,
};

}  // namespace ingot
