// DynamicQuantizeLinear: a pass for the range of the values, and one that quantises to it.
#include <algorithm>
#include <cmath>

#include "runtime/cpu/kernels/integer_gemm_table.h"
#include "runtime/cpu/kernels/reduce_table.h"
#include "runtime/cpu/parallel.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

constexpr int kMostThreads = 256;
constexpr int64_t kBlock =
    4096;  ///< elements: the first-level cache holds them for the second look

class DynamicQuantize : public PreparedStep {
 public:
  explicit DynamicQuantize(const StepContext& context) {
    const StepTensor& x = context.inputs()[0];
    const StepTensor& y = context.outputs()[0];
    if (x.dtype != DType::kF32)
      unsupported(context, "dynamic quantisation of another type than f32");
    if (x.layout != y.layout || !x.dense() || !y.dense()) {
      unsupported(context, "dynamic quantisation between layouts or of a window");
    }
    // Padding of blocks is zero, which is within every range; it would become the zero point.
    if (layout_block(x.layout) > 1) unsupported(context, "blocks of channels");
    elements_ = x.elements();
    outputs_ = context.outputs().size();
    threads_ = std::min(
        kMostThreads, worthwhile_threads(context.threads(), 0.2 * static_cast<double>(elements_)));
  }

  void run(const StepMemory& memory) override {
    const auto* x = static_cast<const float*>(memory.inputs[0]);
    float lows[kMostThreads] = {}, highs[kMostThreads] = {};
    for_parts([&](int64_t part, int64_t begin, int64_t end) {
      for (int64_t at = begin; at < end; at += kBlock) {
        const int64_t count = std::min(kBlock, end - at);
        const auto low = static_cast<float>(reductions().row(Fold::kMin, x + at, count));
        const auto high = static_cast<float>(reductions().row(Fold::kMax, x + at, count));
        lows[part] = std::min(lows[part], low);
        highs[part] = std::max(highs[part], high);
      }
    });
    const float low = std::min(0.0F, *std::min_element(lows, lows + threads_));
    const float high = std::max(0.0F, *std::max_element(highs, highs + threads_));
    const float scale = (high == low ? 1.0F : high - low) / 255.0F;
    const float zero = std::nearbyint(std::clamp(-low / scale, 0.0F, 255.0F));
    auto* y = static_cast<uint8_t*>(memory.outputs[0]);
    for_parts([&](int64_t, int64_t begin, int64_t end) {
      integer_gemm().quantize(x + begin, end - begin, scale, zero, y + begin);
    });
    if (outputs_ > 1 && memory.outputs[1]) *static_cast<float*>(memory.outputs[1]) = scale;
    if (outputs_ > 2 && memory.outputs[2]) {
      *static_cast<uint8_t*>(memory.outputs[2]) = static_cast<uint8_t>(zero);
    }
  }

 private:
  template <typename Body>
  void for_parts(const Body& body) const {
    parallel_ranges(threads_, threads_, [&](int64_t first, int64_t last) {
      for (int64_t part = first; part < last; ++part) {
        body(part, elements_ * part / threads_, elements_ * (part + 1) / threads_);
      }
    });
  }

  int64_t elements_;
  size_t outputs_;
  int threads_;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<DynamicQuantize>(context);
}

}  // namespace

extern const StepDef kCpuDynamicQuantize = {
    .kind = "cpu.dynamic_quantize",
    .summary = "Quantisation to u8 over the range of the values themselves.",
    .prepare = prepare,
};

}  // namespace ingot
