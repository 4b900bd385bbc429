// Nearest moves whole pixels; linear widens two rows to floats, blends them as images of floats are,
// and rounds. A plane of the plain layout is an image of one channel.
#include "runtime/cpu/integer/resize.h"

#include <cstring>

#include "runtime/cpu/kernels/pointwise_table.h"
#include "runtime/cpu/kernels/resize_table.h"
#include "runtime/cpu/parallel.h"
#include "runtime/cpu/resize_samples.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

class NarrowResize : public PreparedStep {
 public:
  explicit NarrowResize(const StepContext& context)
      : x_(context.inputs()[0]),
        y_(context.outputs()[0]),
        samples_(image_samples(context)),
        size_(static_cast<int64_t>(dtype_bytes(x_.dtype))) {
    if (x_.layout != y_.layout || layout_block(x_.layout) > 1) {
      unsupported(context, "Resize of narrow types in blocks of channels");
    }
    const bool plain = x_.layout == Layout::kPlain;
    channels_ = plain ? 1 : x_.shape[1];
    planes_ = plain ? x_.shape[1] : 1;
    for (size_t i = 0; i < samples_.columns.low.size(); ++i) {
      neighbours_.push_back(samples_.columns.low[i]);
      neighbours_.push_back(samples_.columns.high[i]);
    }
    threads_ = worthwhile_threads(
        context.threads(), static_cast<double>(y_.elements()) * (samples_.nearest ? 0.1 : 0.8));
  }

  /// Two rows of the input and one of the output, as floats, a thread.
  size_t scratch_bytes() const override {
    return samples_.nearest ? 0 : static_cast<size_t>(threads_) * thread_floats() * sizeof(float);
  }

  void run(const StepMemory& memory) override {
    const int64_t rows = x_.shape[0] * planes_ * y_.shape[2];
    parallel_ranges(threads_, threads_, [&](int64_t first, int64_t last) {
      for (int64_t thread = first; thread < last; ++thread) {
        auto* floats = static_cast<float*>(memory.scratch) +
                       (samples_.nearest ? 0 : static_cast<size_t>(thread) * thread_floats());
        run_rows(memory, floats, rows * thread / threads_, rows * (thread + 1) / threads_);
      }
    });
  }

 private:
  int64_t row_floats(const StepTensor& tensor) const { return tensor.shape[3] * channels_; }
  size_t thread_floats() const {
    return static_cast<size_t>(2 * row_floats(x_) + row_floats(y_) + 48) / 16 * 16;
  }

  void run_rows(const StepMemory& memory, float* floats, int64_t begin, int64_t end) const {
    const auto* x = static_cast<const char*>(memory.inputs[0]);
    auto* y = static_cast<char*>(memory.outputs[0]);
    float* rows[2] = {floats, floats + row_floats(x_)};
    float* result = floats + 2 * row_floats(x_);
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = i % y_.shape[2];
      const int64_t plane = i / y_.shape[2] % planes_, image = i / y_.shape[2] / planes_;
      const auto at = static_cast<size_t>(row);
      const char* from =
          x + size_ * (image * x_.strides[0] + (planes_ > 1 ? plane * x_.strides[1] : 0));
      char* to = y + size_ * (image * y_.strides[0] + (planes_ > 1 ? plane * y_.strides[1] : 0) +
                              row * y_.strides[2]);
      const char* top = from + size_ * samples_.rows.low[at] * x_.strides[2];
      if (samples_.nearest) {
        pick(top, to);
        continue;
      }
      const PointwiseTable& table = pointwise();
      const TileBlock line{x_.shape[3], channels_, x_.strides[3], 1};
      table.load(x_.dtype, top, line, rows[0], channels_);
      table.load(x_.dtype, from + size_ * samples_.rows.high[at] * x_.strides[2], line, rows[1],
                 channels_);
      resizes().blend_pixels(rows[0], rows[1], neighbours_.data(), samples_.columns.weight.data(),
                             samples_.rows.weight[at], result,
                             {y_.shape[3], channels_, channels_, channels_});
      table.store(y_.dtype, result, channels_, {y_.shape[3], channels_, y_.strides[3], 1}, to);
    }
  }

  void pick(const char* from, char* to) const {
    if (channels_ == 1 && size_ == 2)
      return pick_elements(reinterpret_cast<const uint16_t*>(from),
                           reinterpret_cast<uint16_t*>(to));
    if (channels_ == 1) return pick_elements(from, to);
    for (int64_t column = 0; column < y_.shape[3]; ++column) {
      const int64_t source = samples_.columns.low[static_cast<size_t>(column)] * x_.strides[3];
      std::memcpy(to + size_ * column * y_.strides[3], from + size_ * source,
                  static_cast<size_t>(size_ * channels_));
    }
  }

  template <typename T>
  void pick_elements(const T* from, T* to) const {
    for (int64_t column = 0; column < y_.shape[3]; ++column) {
      to[column * y_.strides[3]] =
          from[samples_.columns.low[static_cast<size_t>(column)] * x_.strides[3]];
    }
  }

  StepTensor x_, y_;
  ImageSamples samples_;
  std::vector<int32_t> neighbours_;
  int64_t size_;  ///< bytes of an element
  int64_t channels_, planes_;
  int threads_;
};

}  // namespace

std::unique_ptr<PreparedStep> resize_of_narrow(const StepContext& context) {
  return std::make_unique<NarrowResize>(context);
}

}  // namespace ingot
