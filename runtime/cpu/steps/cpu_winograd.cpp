// 3x3 convolution of stride 1 by Winograd's algorithm F(4x4, 3x3): a quarter of the multiplications
// of a direct sum, for weights that take four times the memory. Blocks of tiles stay in a thread's
// cache from the image to the results; where there are few tiles, the threads share the weights.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "core/tensor/packed_format.h"
#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cpu/integer/epilogue.h"
#include "runtime/cpu/kernels/float_gemm_table.h"
#include "runtime/cpu/kernels/winograd_table.h"
#include "runtime/cpu/parallel.h"
#include "runtime/cpu/pointwise.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

constexpr int64_t kVector = 16;  ///< floats of the widest instruction set
constexpr int64_t kPartLength = 512;
constexpr int64_t kCachedFloats = 100000;  ///< of tiles in both forms
constexpr int64_t kMostTiles = 96;
constexpr int64_t kSharedFloats = 1 << 18;  ///< weights that each thread should not read by itself
constexpr double kNanosecondsPerMac = 0.01;
constexpr size_t kMostExtras = 16;

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }

/// activation(sum + bias) + factor * residual, within limits.
struct Finish {
  Activation activation = Activation::kNone;
  int residual = 0;  ///< expression input, 0: none
  float factor = 1;
  bool limited = false;
  float low = 0, high = 0;
  std::vector<float> bias;  ///< one, or one a channel
};

bool is_input(const Expression& expression, int node, int index) {
  const ExpressionNode& n = expression.nodes()[static_cast<size_t>(node)];
  return n.op == ScalarOp::kInput && n.index == index;
}

std::optional<Activation> activation_of_sum(const Expression& expression, int node) {
  const ExpressionNode& n = expression.nodes()[static_cast<size_t>(node)];
  const bool known = n.op == ScalarOp::kSilu || n.op == ScalarOp::kHardSwish;
  if (!known || !is_input(expression, n.operands[0], 0)) return std::nullopt;
  return n.op == ScalarOp::kSilu ? Activation::kSilu : Activation::kHardSwish;
}

bool is_full(const StepTensor& extra, const StepTensor& y) {
  return extra.shape == y.shape && extra.dtype == DType::kF32 && extra.layout == y.layout;
}

/// silu(in0), hard_swish(in0), either plus an input, or what is affine in sum and residual.
std::optional<Finish> finish_of(const Expression& expression, const std::vector<StepTensor>& extras,
                                const StepTensor& y) {
  Finish finish;
  const auto nodes = expression.nodes();
  const int last = static_cast<int>(nodes.size()) - 1;
  if (const auto activation = activation_of_sum(expression, last)) {
    finish.activation = *activation;
    return finish;
  }
  if (nodes.back().op == ScalarOp::kAdd) {
    for (int side = 0; side < 2; ++side) {
      const auto activation = activation_of_sum(expression, nodes.back().operands[side]);
      const ExpressionNode& other = nodes[static_cast<size_t>(nodes.back().operands[1 - side])];
      if (!activation || other.op != ScalarOp::kInput || other.index == 0) continue;
      if (!is_full(extras[static_cast<size_t>(other.index) - 1], y)) continue;
      finish.activation = *activation;
      finish.residual = other.index;
      return finish;
    }
  }
  const auto affine = affine_epilogue(expression, extras, y.shape, 1);
  const auto is_one = [](float x) { return x == 1; };
  if (!affine || !std::all_of(affine->scale.begin(), affine->scale.end(), is_one)) {
    return std::nullopt;
  }
  if (affine->residual != 0 && !is_full(extras[static_cast<size_t>(affine->residual) - 1], y)) {
    return std::nullopt;
  }
  finish.residual = affine->residual;
  finish.factor = affine->factor;
  finish.low = affine->low;
  finish.high = affine->high;
  finish.limited = std::isfinite(affine->low) || std::isfinite(affine->high);
  finish.bias = affine->bias;
  return finish;
}

class WinogradStep : public PreparedStep {
 public:
  explicit WinogradStep(const StepContext& context)
      : x_(context.inputs()[0]), y_(context.outputs()[0]) {
    const StepTensor& w = context.inputs()[1];
    const NodeAttributes node(op_named("Conv"), context.attributes());
    check(context, node, w);
    const SpatialWindow window = spatial_window(node, {3, 3});
    const bool dense = window.strides == std::vector<int64_t>{1, 1} &&
                       window.dilations == std::vector<int64_t>{1, 1};
    if (!dense) unsupported(context, "strides or dilations");
    for (int axis = 0; axis < 2; ++axis) pad_[axis] = window.begin_pad(axis, x_.shape[axis + 2]);
    channels_ = x_.shape[1];
    filters_ = y_.shape[1];
    if (channels_ == 0) unsupported(context, "a convolution of no channels");
    panels_ = ceil_div(filters_, float_gemm().panel_columns);
    v_row_ = round_up(channels_, kVector);
    m_row_ = panels_ * float_gemm().panel_columns;
    high_ = ceil_div(y_.shape[2], kWinogradResult);
    wide_ = ceil_div(y_.shape[3], kWinogradResult);
    tiles_ = y_.shape[0] * high_ * wide_;
    divide(context.threads());
    pack(context);
    set_epilogue(context);
  }

  std::string implementation() const override {
    std::string name = std::string(kernel_isa_name()) + " f4x4";
    return tail_ ? name + "+pointwise" : name;
  }

  size_t scratch_bytes() const override {
    const int64_t copies = shared_ ? 1 : threads_;
    return static_cast<size_t>(copies * (v_floats_ + m_floats_)) * sizeof(float);
  }

  void run(const StepMemory& memory) override {
    if (tiles_ == 0 || filters_ == 0) return;
    if (shared_) {
      run_shared(memory);
    } else {
      run_blocks(memory);
    }
    if (!tail_) return;
    const void* inputs[kMostExtras + 1] = {memory.outputs[0]};
    std::copy_n(memory.inputs + 3, extras_, inputs + 1);
    tail_->run(inputs, memory.outputs[0]);
  }

 private:
  void run_blocks(const StepMemory& memory) const {
    parallel_ranges(threads_, threads_, [&](int64_t first, int64_t last) {
      for (int64_t thread = first; thread < last; ++thread) {
        float* v = static_cast<float*>(memory.scratch) + thread * (v_floats_ + m_floats_);
        float* m = v + v_floats_;
        const int64_t end = blocks_ * (thread + 1) / threads_;
        for (int64_t block = blocks_ * thread / threads_; block < end; ++block) {
          const int64_t tile = tiles_ * block / blocks_;
          const int64_t count = tiles_ * (block + 1) / blocks_ - tile;
          to_points(memory, tile, count, v);
          multiply(v, m, count, 0, kWinogradPoints * panels_);
          to_results(memory, tile, count, m);
        }
      }
    });
  }

  /// Each thread reads its part of the weights.
  void run_shared(const StepMemory& memory) const {
    auto* v = static_cast<float*>(memory.scratch);
    float* m = v + v_floats_;
    parallel_ranges(threads_, tiles_, [&](int64_t first, int64_t last) {
      to_points(memory, first, last - first, v + first * v_row_);
    });
    parallel_ranges(threads_, kWinogradPoints * panels_,
                    [&](int64_t first, int64_t last) { multiply(v, m, tiles_, first, last); });
    parallel_ranges(threads_, tiles_, [&](int64_t first, int64_t last) {
      to_results(memory, first, last - first, m + first * m_row_);
    });
  }

  void check(const StepContext& context, const NodeAttributes& node, const StepTensor& w) const {
    const bool fits =
        w.shape.rank() == 4 && w.shape[2] == 3 && w.shape[3] == 3 && node.integer("group") == 1;
    if (!fits) unsupported(context, "a convolution that is not 3x3 and of one group");
    const int64_t block = layout_block(x_.layout);
    const bool last = x_.layout == Layout::kChannelsLast;
    const bool blocks =
        block == winograd().lanes && x_.shape[1] % block == 0 && y_.shape[1] % block == 0;
    if (x_.layout != y_.layout || (!last && !blocks)) {
      unsupported(context, "channels that are not last, nor in whole blocks of vectors");
    }
    if (x_.dtype != DType::kF32 || w.dtype != DType::kF32 || y_.dtype != DType::kF32) {
      unsupported(context, "another type than f32");
    }
  }

  void divide(int threads) {
    const double macs =
        static_cast<double>(y_.shape.elements()) * static_cast<double>(channels_ * 9);
    threads_ = worthwhile_threads(threads, macs * kNanosecondsPerMac);
    // Many tiles share what is read of the weights; few stay in the cache.
    const int64_t weights = kWinogradPoints * channels_ * m_row_;
    const int64_t fewest = weights <= (1 << 18) ? 18 : weights <= (1 << 20) ? 24 : 48;
    const int64_t cached = kCachedFloats / (kWinogradPoints * (v_row_ + m_row_));
    const int64_t most = std::clamp(cached, fewest, kMostTiles);
    shared_ = threads_ > 1 && tiles_ <= kMostTiles && weights > kSharedFloats;
    blocks_ = shared_ ? 1 : round_up(std::max<int64_t>(ceil_div(tiles_, most), 1), threads_);
    const int64_t block = ceil_div(tiles_, blocks_);
    // Points one line apart from a power of two do not meet in the same part of the cache.
    v_step_ = block * v_row_ + kVector;
    m_step_ = block * m_row_ + kVector;
    v_floats_ = kWinogradPoints * v_step_;
    m_floats_ = kWinogradPoints * m_step_;
  }

  /// [point][panel][channel][column], behind the weights themselves, from which others are packed.
  void pack(const StepContext& context) {
    const Shape& shape = context.inputs()[1].shape;
    const int64_t width = float_gemm().panel_columns;
    PackedFormat format;
    format.dtype = DType::kF32;
    format.dims = format.padded = shape;
    format.padded[0] = m_row_;
    format.strides = {channels_ * 9 * width, 9 * width, 3 * width, width};
    format.blocks = {{width, 0}};
    const int64_t plain_floats = m_row_ * channels_ * 9;
    format.extra_bytes = static_cast<size_t>(kWinogradPoints * m_row_ * channels_) * sizeof(float);
    const auto fill = [&](const void* plain, void* packed) {
      const auto* from = static_cast<const float*>(plain);
      auto* blocked = static_cast<float*>(packed);
      float* to = blocked + plain_floats;
      std::memset(packed, 0, format.bytes());
      for (int64_t filter = 0; filter < filters_; ++filter) {
        const int64_t panel = filter / width, column = filter % width;
        for (int64_t c = 0; c < channels_; ++c) {
          const float* w = from + (filter * channels_ + c) * 9;
          for (int64_t i = 0; i < 9; ++i) {
            blocked[((panel * channels_ + c) * 9 + i) * width + column] = w[i];
          }
          float points[kWinogradPoints];
          winograd().weights(w, points);
          for (int64_t i = 0; i < kWinogradPoints; ++i) {
            to[((i * panels_ + panel) * channels_ + c) * width + column] = points[i];
          }
        }
      }
    };
    const void* packed = context.packed_constant(1, format.to_string(), format.bytes(), fill);
    weights_ = static_cast<const float*>(packed) + plain_floats;
  }

  void set_epilogue(const StepContext& context) {
    const size_t columns = static_cast<size_t>(m_row_);
    bias_.assign(columns, 0);
    if (has_input(context, 2)) {
      const std::vector<float> bias = constant_floats(context, 2);
      std::copy(bias.begin(), bias.end(), bias_.begin());
    }
    std::vector<StepTensor> extras;
    for (size_t i = 3; i < context.inputs().size(); ++i) extras.push_back(context.inputs()[i]);
    const Expression* given = context.attributes().expression("epilogue");
    const Expression expression = given && !given->empty() ? *given : Expression::input(0);
    if (const auto finish = finish_of(expression, extras, y_)) {
      finish_ = *finish;
      for (size_t i = 0; i < static_cast<size_t>(filters_) && !finish_.bias.empty(); ++i) {
        bias_[i] += finish_.bias[finish_.bias.size() > 1 ? i : 0];
      }
      if (finish_.residual != 0) {
        residual_ = extras[static_cast<size_t>(finish_.residual) - 1].strides;
      }
      return;
    }
    extras_ = extras.size();
    if (extras_ > kMostExtras) unsupported(context, "an epilogue with more than 16 inputs");
    extras.insert(extras.begin(), y_);
    tail_ = std::make_unique<PointwiseKernel>(expression, extras, y_, context.threads());
  }

  /// From one vector of channels to the next, by the stride of the channel axis.
  int64_t vectors(int64_t stride) const {
    return layout_block(x_.layout) > 1 ? stride : winograd().lanes;
  }

  struct Place {
    int64_t image, row, column;  ///< of the tile's first result
  };
  Place place_of(int64_t tile) const {
    return {tile / (high_ * wide_), tile / wide_ % high_ * kWinogradResult,
            tile % wide_ * kWinogradResult};
  }

  void to_points(const StepMemory& memory, int64_t tile, int64_t count, float* v) const {
    WinogradInput work{};
    work.x_row = x_.strides[2];
    work.x_pixel = x_.strides[3];
    work.x_channels = vectors(x_.strides[1]);
    work.channels = channels_;
    work.v_step = v_step_;
    const auto clip = [](int64_t at) {
      return static_cast<int>(std::clamp<int64_t>(at, 0, kWinogradTile));
    };
    for (int64_t i = 0; i < count; ++i) {
      const Place at = place_of(tile + i);
      const int64_t row = at.row - pad_[0], column = at.column - pad_[1];
      work.x = static_cast<const float*>(memory.inputs[0]) + at.image * x_.strides[0] +
               row * work.x_row + column * work.x_pixel;
      work.first_row = clip(-row);
      work.end_row = clip(x_.shape[2] - row);
      work.first_column = clip(-column);
      work.end_column = clip(x_.shape[3] - column);
      work.v = v + i * v_row_;
      winograd().input(work);
    }
  }

  /// Panels are counted through all points.
  void multiply(const float* v, float* m, int64_t count, int64_t first, int64_t last) const {
    const FloatGemmTable& table = float_gemm();
    const int64_t width = table.panel_columns, panel_floats = channels_ * width;
    const int64_t row_tiles = ceil_div(count, table.tile_rows);
    const int64_t parts = ceil_div(channels_, kPartLength);
    const float* end = weights_ + kWinogradPoints * panels_ * panel_floats;
    FloatTile tile{};
    tile.a_stride = v_row_;
    tile.y_stride = m_row_;
    tile.columns = static_cast<int>(width);
    for (int64_t panel = first; panel < last; ++panel) {
      const int64_t point = panel / panels_, column = panel % panels_ * width;
      for (int64_t part = 0; part < parts; ++part) {
        const int64_t k = channels_ * part / parts;
        tile.k = channels_ * (part + 1) / parts - k;
        tile.panel = weights_ + panel * panel_floats + k * width;
        tile.start = part == 0 ? zeros_ : nullptr;
        const float* ahead = tile.panel + tile.k * width;
        if (ahead == end) ahead = weights_;  // of the next block
        const int64_t lines = tile.k * width / kVector, each = ceil_div(lines, row_tiles);
        for (int64_t i = 0; i < row_tiles; ++i) {
          const int64_t row = count * i / row_tiles;
          tile.rows = static_cast<int>(count * (i + 1) / row_tiles - row);
          tile.a = v + point * v_step_ + row * v_row_ + k;
          tile.y = m + point * m_step_ + row * m_row_ + column;
          tile.ahead = ahead + std::min(i * each, lines - 1) * kVector;
          tile.lines_ahead = std::clamp<int64_t>(lines - i * each, 0, each);
          table.multiply(tile);
        }
      }
    }
  }

  void to_results(const StepMemory& memory, int64_t tile, int64_t count, const float* m) const {
    WinogradOutput work{};
    work.m_step = m_step_;
    work.y_row = y_.strides[2];
    work.y_pixel = y_.strides[3];
    work.y_channels = vectors(y_.strides[1]);
    work.channels = filters_;
    work.bias = bias_.data();
    work.activation = finish_.activation;
    work.factor = finish_.factor;
    work.low = finish_.low;
    work.high = finish_.high;
    work.limited = finish_.limited;
    const auto left = [](int64_t size, int64_t at) {
      return static_cast<int>(std::min<int64_t>(size - at, kWinogradResult));
    };
    for (int64_t i = 0; i < count; ++i) {
      const Place at = place_of(tile + i);
      work.m = m + i * m_row_;
      work.y = static_cast<float*>(memory.outputs[0]) + at.image * y_.strides[0] +
               at.row * work.y_row + at.column * work.y_pixel;
      work.rows = left(y_.shape[2], at.row);
      work.columns = left(y_.shape[3], at.column);
      if (finish_.residual != 0) {
        work.residual_row = residual_[2];
        work.residual_pixel = residual_[3];
        work.residual_channels = vectors(residual_[1]);
        work.residual = static_cast<const float*>(memory.inputs[2 + finish_.residual]) +
                        at.image * residual_[0] + at.row * residual_[2] + at.column * residual_[3];
      }
      winograd().output(work);
    }
  }

  alignas(64) static constexpr float zeros_[2 * kVector] = {};
  StepTensor x_, y_;
  int threads_ = 1;
  bool shared_ = false;
  int64_t pad_[2] = {0, 0};
  int64_t channels_ = 0, filters_ = 0, panels_ = 0;
  int64_t high_ = 0, wide_ = 0, tiles_ = 0, blocks_ = 1;  ///< of tiles; blocks of them
  int64_t v_row_ = 0, m_row_ = 0, v_step_ = 0, m_step_ = 0, v_floats_ = 0, m_floats_ = 0;
  const float* weights_ = nullptr;
  std::vector<float> bias_;
  Finish finish_;
  Shape residual_;
  size_t extras_ = 0;
  std::unique_ptr<PointwiseKernel> tail_;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<WinogradStep>(context);
}

}  // namespace

extern const StepDef kCpuWinograd = {
    .kind = "cpu.winograd",
    .summary = "3x3 convolution of stride 1 with a quarter of the multiplications.",
    .prepare = prepare,
};

}  // namespace ingot
