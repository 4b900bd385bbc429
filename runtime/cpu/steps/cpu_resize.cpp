// Resize of images by nearest and linear interpolation: planes row by row in the plain layout,
// pixels (vectors of channels) in the others.
#include <cstring>

#include "runtime/cpu/integer/resize.h"
#include "runtime/cpu/kernels/resize_table.h"
#include "runtime/cpu/parallel.h"
#include "runtime/cpu/resize_samples.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

class ResizeStep : public PreparedStep {
 public:
  explicit ResizeStep(const StepContext& context)
      : threads_(context.threads()), x_(context.inputs()[0]), y_(context.outputs()[0]) {
    if (x_.dtype != DType::kF32) unsupported(context, "Resize of another type than f32");
    if (x_.layout != y_.layout) unsupported(context, "Resize from one layout to another");
    samples_ = image_samples(context);
    height_ = y_.shape[2];
    width_ = y_.shape[3];
    plain_ = x_.layout == Layout::kPlain;
    const int64_t block = layout_block(x_.layout);
    pixel_ = x_.layout == Layout::kChannelsLast ? x_.shape[1] : block;
    planes_ = plain_ ? x_.shape[1] : block > 1 ? (x_.shape[1] + block - 1) / block : 1;
    if (plain_ && (width_ > 1 && (y_.strides[3] != 1 || (x_.shape[3] > 1 && x_.strides[3] != 1)))) {
      unsupported(context, "rows whose elements do not lie side by side");
    }
    for (size_t i = 0; i < samples_.columns.low.size(); ++i) {
      neighbours_.push_back(samples_.columns.low[i]);
      neighbours_.push_back(samples_.columns.high[i]);
      add_pair(i);
      doubles_ = doubles_ && samples_.columns.low[i] == static_cast<int32_t>(i / 2);
    }
    doubles_ = doubles_ && width_ == 2 * x_.shape[3];
  }

  /// Two rows of the output's width a thread, for rows that are interpolated along the width.
  size_t scratch_bytes() const override {
    if (!plain_ || samples_.nearest) return 0;
    return static_cast<size_t>(threads_) * 2 * row_floats() * sizeof(float);
  }

  void run(const StepMemory& memory) override {
    const auto* x = static_cast<const float*>(memory.inputs[0]);
    auto* y = static_cast<float*>(memory.outputs[0]);
    auto* scratch = static_cast<float*>(memory.scratch);
    const int64_t images = x_.shape[0] * planes_;
    const auto elements = static_cast<double>(y_.shape.elements());
    const int threads = worthwhile_threads(threads_, elements * (samples_.nearest ? 0.3 : 0.5));
    // Planes are shared out; a single one by its rows.
    const int64_t parts = std::min<int64_t>(threads, images * height_);
    parallel_ranges(static_cast<int>(parts), parts, [&](int64_t first, int64_t last) {
      for (int64_t part = first; part < last; ++part) {
        float* rows = scratch ? scratch + static_cast<size_t>(part) * 2 * row_floats() : nullptr;
        run_rows(x, y, images * height_ * part / parts, images * height_ * (part + 1) / parts,
                 rows);
      }
    });
  }

 private:
  /// Column i as a pair of true neighbours: at a border, where both are one element, the pair lies
  /// within the row and the weight says which.
  void add_pair(size_t i) {
    const int32_t low = samples_.columns.low[i];
    const bool at_end = samples_.columns.high[i] == low && low > 0;
    left_.push_back(at_end ? low - 1 : low);
    const bool at_start = samples_.columns.high[i] == low && low == 0;
    left_weight_.push_back(at_end ? 1 : at_start ? 0 : samples_.columns.weight[i]);
  }

  size_t row_floats() const { return static_cast<size_t>(width_ + 15) / 16 * 16; }

  /// Rows `begin` to `end` of all planes of all images.
  void run_rows(const float* x, float* y, int64_t begin, int64_t end, float* scratch) const {
    Cache cache{{scratch, scratch + row_floats()}, {-1, -1}, nullptr};
    const float* previous = nullptr;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = i % height_, plane = i / height_ % planes_, image = i / height_ / planes_;
      const bool split = x_.shape[1] > 1 || planes_ > 1;
      const float* from = x + image * x_.strides[0] + (split ? plane * plane_stride(x_) : 0);
      float* to =
          y + image * y_.strides[0] + (split ? plane * plane_stride(y_) : 0) + row * y_.strides[2];
      const auto at = static_cast<size_t>(row);
      const bool again = row > 0 && i > begin && samples_.nearest &&
                         samples_.rows.low[at] == samples_.rows.low[at - 1];
      if (again)
        repeat_row(previous, to);
      else if (plain_ && samples_.nearest)
        nearest_row(from, to, at);
      else if (plain_)
        linear_row(from, to, at, cache);
      else if (samples_.nearest)
        nearest_pixels(from, to, at);
      else
        linear_pixels(from, to, at);
      previous = to;
    }
  }

  int64_t plane_stride(const StepTensor& tensor) const {
    return tensor.layout == Layout::kChannelsLast ? 0 : tensor.strides[1];
  }

  void repeat_row(const float* from, float* to) const {
    if (plain_ || y_.strides[3] == pixel_) {
      const int64_t count = width_ * (plain_ ? 1 : pixel_);
      std::memcpy(to, from, static_cast<size_t>(count) * sizeof(float));
      return;
    }
    for (int64_t i = 0; i < width_; ++i) {
      std::memcpy(to + i * y_.strides[3], from + i * y_.strides[3],
                  static_cast<size_t>(pixel_) * sizeof(float));
    }
  }

  void nearest_row(const float* from, float* to, size_t row) const {
    const float* line = from + samples_.rows.low[row] * x_.strides[2];
    if (doubles_)
      resizes().twice(line, to, width_ / 2);
    else
      resizes().pick(line, samples_.columns.low.data(), to, width_);
  }

  /// Rows of the input that were interpolated along the width last.
  struct Cache {
    float* rows[2];
    int32_t index[2];
    const float* plane;
  };

  void linear_row(const float* from, float* to, size_t row, Cache& cache) const {
    if (cache.plane != from) {
      cache.plane = from;
      cache.index[0] = cache.index[1] = -1;
    }
    const int32_t low = samples_.rows.low[row], high = samples_.rows.high[row];
    const float* a = widened(from, low, high, cache);
    const float* b = widened(from, high, low, cache);
    resizes().blend_rows(a, b, samples_.rows.weight[row], to, width_);
  }

  /// Row `index` at the output's width; row `keep` stays in the cache.
  const float* widened(const float* from, int32_t index, int32_t keep, Cache& cache) const {
    for (int i = 0; i < 2; ++i) {
      if (cache.index[i] == index) return cache.rows[i];
    }
    const int slot = cache.index[0] == keep ? 1 : 0;
    cache.index[slot] = index;
    const float* line = from + index * x_.strides[2];
    if (x_.shape[3] == 1) {
      std::fill_n(cache.rows[slot], width_, *line);
    } else {
      resizes().blend_neighbours(line, x_.shape[3], left_.data(), left_weight_.data(),
                                 cache.rows[slot], width_);
    }
    return cache.rows[slot];
  }

  PixelRow pixel_row() const { return {width_, pixel_, x_.strides[3], y_.strides[3]}; }

  void nearest_pixels(const float* from, float* to, size_t row) const {
    resizes().pick_pixels(from + samples_.rows.low[row] * x_.strides[2],
                          samples_.columns.low.data(), to, pixel_row());
  }

  void linear_pixels(const float* from, float* to, size_t row) const {
    const float* top = from + samples_.rows.low[row] * x_.strides[2];
    const float* bottom = from + samples_.rows.high[row] * x_.strides[2];
    resizes().blend_pixels(top, bottom, neighbours_.data(), samples_.columns.weight.data(),
                           samples_.rows.weight[row], to, pixel_row());
  }

  int threads_;
  StepTensor x_, y_;
  ImageSamples samples_;
  std::vector<int32_t> neighbours_, left_;
  std::vector<float> left_weight_;
  bool plain_ = true, doubles_ = true;
  int64_t height_ = 0, width_ = 0, planes_ = 1, pixel_ = 1;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const DType dtype = context.inputs()[0].dtype;
  const bool narrow =
      dtype == DType::kI8 || dtype == DType::kU8 || dtype == DType::kF16 || dtype == DType::kBF16;
  if (narrow) return resize_of_narrow(context);
  return std::make_unique<ResizeStep>(context);
}

}  // namespace

extern const StepDef kCpuResize = {
    .kind = "cpu.resize",
    .summary = "Nearest and linear Resize of images.",
    .prepare = prepare,
};

}  // namespace ingot
