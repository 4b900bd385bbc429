// Convolutions of NHWC images as matrix products on tensor cores.
#include <cstring>
#include <limits>

#include "core/tensor/packed_format.h"
#include "kernels/params/conv_mma.h"
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cuda/integer_sums.h"
#include "runtime/cuda/jit_kernel.h"
#include "runtime/cuda/matrix_product.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

using kernels::ConvMmaParams;

int64_t filled_up(int64_t elements, int64_t piece) {
  return (elements + piece - 1) / piece * piece;
}

/// Filters [K, C, R, S] of elements of T's size to [K, R, S, C], or in lines to [K, R, S * C filled up].
template <typename T>
void pack_filters(const void* plain, void* packed, int64_t filters, int64_t channels,
                  int64_t taps_down, int64_t taps_across, bool lines) {
  const auto* from = static_cast<const T*>(plain);
  auto* to = static_cast<T*>(packed);
  const int64_t line = taps_across * channels;
  const int64_t pitch = lines ? filled_up(line, 16 / static_cast<int64_t>(sizeof(T))) : line;
  std::memset(to, 0, static_cast<size_t>(filters * taps_down * pitch) * sizeof *to);
  for (int64_t k = 0; k < filters; ++k) {
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t r = 0; r < taps_down; ++r) {
        for (int64_t s = 0; s < taps_across; ++s) {
          to[(k * taps_down + r) * pitch + s * channels + c] = *from++;
        }
      }
    }
  }
}

/// What pack_filters makes, with `pitch` elements from one row of taps to the next.
PackedFormat packed_format(const StepTensor& w, bool flat, int64_t pitch) {
  PackedFormat format;
  format.dtype = w.dtype;
  format.dims = format.padded = w.shape;
  const int64_t channels = w.shape[1], down = flat ? 1 : w.shape[2];
  format.strides = flat ? Shape{pitch, 1, channels} : Shape{down * pitch, 1, pitch, channels};
  return format;
}

class JitConvMmaStep : public PreparedStep {
 public:
  explicit JitConvMmaStep(const StepContext& context) : kernel_(context, "conv_mma") {
    const StepTensor& x = context.inputs()[0];
    const StepTensor& w = context.inputs()[1];
    const StepTensor& y = context.outputs()[0];
    const bool flat = x.shape.rank() == 3;  // one spatial axis: across
    const int64_t channels = x.shape[1];
    bytes_ = dtype_bytes(x.dtype);
    y_bytes_ = dtype_bytes(y.dtype);
    const bool integers = x.dtype == DType::kI8 || x.dtype == DType::kU8;
    const auto piece = static_cast<int64_t>(16 / bytes_);
    const bool lines = channels % piece != 0;
    if (channels > 1 && x.strides[1] != 1) unsupported(context, "channels that lie apart");
    if (x.buffer_shape.elements() > std::numeric_limits<int32_t>::max() ||
        y.elements() > std::numeric_limits<int32_t>::max()) {
      unsupported(context, "more than 2^31 elements");
    }
    set_geometry(context, flat);
    const int64_t across = flat ? w.shape[2] : w.shape[3], down = flat ? 1 : w.shape[2];
    params_.taps_down = static_cast<int>(down);
    params_.taps_across = lines ? 1 : static_cast<int>(across);
    params_.line = static_cast<int>(lines ? across * channels : channels);
    params_.channels = static_cast<int>(filled_up(params_.line, piece));
    if (lines && (params_.dilation_across != 1 || params_.x_pixel != channels)) {
      unsupported(context, "lines of pixels that lie apart");
    }
    const int64_t filters = w.shape[0];
    weights_ = context.packed_constant(
        1, packed_format(w, flat, params_.taps_across * params_.channels).to_string(),
        static_cast<size_t>(filters * down * params_.taps_across * params_.channels) * bytes_,
        [&](const void* plain, void* packed) {
          (bytes_ == 1 ? pack_filters<uint8_t>
           : bytes_ == 2
               ? pack_filters<uint16_t>
               : pack_filters<uint32_t>)(plain, packed, filters, channels, down, across, lines);
        });

    std::vector<int> extras;
    if (integers) {
      const int64_t zero = context.attributes().integer("x_zero");
      params_.padding = (static_cast<unsigned>(zero) & 0xffU) * 0x01010101U;
      column_sums_ = integer_column_sums(context);
    } else if (has_input(context, 2)) {
      extras.push_back(2);
    }
    for (int i = 3; i < std::ssize(context.inputs()); ++i) extras.push_back(i);
    first_extra_ = extras.empty() ? 0 : extras.front();
    for (const int i : extras) {
      extra_bytes_.push_back(dtype_bytes(context.inputs()[static_cast<size_t>(i)].dtype));
    }
    MatrixProduct product = MatrixProduct::of_pixels(context, extras);
    // The bias is a vector along the channels.
    if (!integers && has_input(context, 2)) {
      product.rows.extras[0] = 0;
      for (ProductAxis& axis : product.batches) axis.extras[0] = 0;
      product.columns.extras[0] = 1;
    }
    product.merge_axes(true);
    params_.out = matrix_output(context, product);
    launch_ = tile_launch(context, product, params_.out, &params_.row_tiles, &params_.column_tiles);
    empty_ = y.elements() == 0;
  }

  void run(const StepMemory& memory) override {
    if (empty_) return;
    ConvMmaParams params = params_;
    params.x = memory.inputs[0];
    params.w = weights_;
    params.x_aligned = x_in_pieces_ && reinterpret_cast<uintptr_t>(params.x) % 16 == 0;
    // Without a bias the extras begin at input 3; with one they follow it.
    params.out.column_sums = static_cast<const int*>(column_sums_.get());
    set_addresses(&params.out, memory.outputs[0], y_bytes_, memory.inputs + first_extra_,
                  extra_bytes_);
    kernel_.launch(memory, launch_, params);
  }

 private:
  void set_geometry(const StepContext& context, bool flat) {
    const StepTensor& x = context.inputs()[0];
    const StepTensor& y = context.outputs()[0];
    const auto spatial = context.inputs()[1].shape.dims().subspan(2);
    const SpatialWindow window = spatial_window(
        NodeAttributes(op_named("Conv"), context.attributes()), {spatial.begin(), spatial.end()});
    const int last = flat ? 0 : 1;
    const auto across = static_cast<size_t>(last);
    params_.width = static_cast<int>(x.shape[last + 2]);
    params_.stride_across = static_cast<int>(window.strides[across]);
    params_.dilation_across = static_cast<int>(window.dilations[across]);
    params_.pad_across = static_cast<int>(window.begin_pad(last, params_.width));
    params_.height = flat ? 1 : static_cast<int>(x.shape[2]);
    params_.stride_down = flat ? 1 : static_cast<int>(window.strides[0]);
    params_.dilation_down = flat ? 1 : static_cast<int>(window.dilations[0]);
    params_.pad_down = flat ? 0 : static_cast<int>(window.begin_pad(0, params_.height));
    params_.x_image = static_cast<int>(x.strides[0]);
    params_.x_row = flat ? 0 : static_cast<int>(x.strides[2]);
    params_.x_pixel = static_cast<int>(x.strides[last + 2]);
    const auto piece = static_cast<int>(16 / bytes_);
    x_in_pieces_ =
        params_.x_image % piece == 0 && params_.x_row % piece == 0 && params_.x_pixel % piece == 0;
    const auto columns = static_cast<unsigned>(std::max<int64_t>(1, y.shape[last + 2]));
    const auto lines = static_cast<unsigned>(flat ? 1 : std::max<int64_t>(1, y.shape[2]));
    params_.row = kernels::make_divisor(columns);
    params_.plane = kernels::make_divisor(columns * lines);
  }

  JitKernel<ConvMmaParams> kernel_;
  ConvMmaParams params_ = {};
  LaunchShape launch_;
  const void* weights_ = nullptr;
  std::shared_ptr<void> column_sums_;
  std::vector<size_t> extra_bytes_;
  size_t bytes_ = 2, y_bytes_ = 2;  ///< of elements
  int first_extra_ = 0;
  bool x_in_pieces_ = false, empty_ = false;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<JitConvMmaStep>(context);
}

}  // namespace

extern const StepDef kJitConvMma = {
    .kind = "jit.conv_mma",
    .summary = "Convolution on tensor cores with any epilogue, channels last.",
    .prepare = prepare,
};

}  // namespace ingot
